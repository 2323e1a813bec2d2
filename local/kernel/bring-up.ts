import { isDeepStrictEqual } from 'node:util';

import type { Node } from './assembly/graph.ts';
import type { Entry } from './entries.ts';
import { standIn } from './registry.ts';
import { isRun, type Resource, type ResourceDefinition } from './resource.ts';
import type { Resolver } from './resolver.ts';
import { accept } from './schema.ts';

/** Brings a resource up. Resolves when other resources can use it. */
export async function bringUp(entry: Entry, resolve: Resolver): Promise<void> {
  const { node, definition, context } = entry;
  if (!isRun(definition)) {
    const resource = { ...node, stack: node.stack.name, type: definition.type, properties: {} };
    entry.up = { resource, running: standIn(node, definition) };
    return;
  }
  if (context.stopping.aborted) throw new Error(`${node.key} was not started`);
  await entry.attempt('started', async () => {
    const resource = await resourceOf(node, definition, resolve);
    entry.enter('starting', { label: definition.label(resource) });
    entry.up = { resource, running: await definition.up(resource, context) };
    entry.enter('running');
  });
  awaitSteady(entry, 'started');
}

/**
 * Applies a changed template to a running resource: in place if its type supports that and CloudFormation would not
 * replace it.
 *
 * @param refreshed whether a resource that it refers to was created, restarted or replaced
 * @returns how the resource changed; undefined if nothing differs
 */
export async function bringUpToDate(
  entry: Entry,
  resolve: Resolver,
  refreshed: boolean,
): Promise<'updated' | 'restarted' | 'replaced' | undefined> {
  const { node, definition, context, up } = entry;
  if (!isRun(definition) || up === undefined) return undefined;
  const next = await entry.attempt('updated', () => resourceOf(node, definition, resolve));
  const changed = changedProperties(up.resource, next);
  if (changed.length === 0 && !refreshed && entry.state.state !== 'failed') return undefined;
  const { update, replaceOn } = definition;
  const isAnother = changed.some((name) => replaceOn.includes(name));
  if (update === undefined || isAnother) {
    await entry.stop(isAnother ? 'remove' : 'stop');
    await bringUp(entry, resolve);
    return isAnother ? 'replaced' : 'restarted';
  }
  await entry.attempt('updated', async () => {
    entry.enter('updating', { label: definition.label(next) });
    entry.up = { resource: next, running: await update(up, next, context) };
  });
  awaitSteady(entry, 'updated');
  return 'updated';
}

/** Waits until a resource is steady after it was `what`. Sets `entry.steady` to the outcome. */
function awaitSteady(entry: Entry, what: 'started' | 'updated'): void {
  const running = entry.up?.running;
  const isCurrent = (): boolean => entry.up?.running === running && entry.state.state !== 'stopping';
  entry.steady = entry.attempt(what, async () => {
    try {
      await running?.steady?.();
    } catch (error) {
      if (isCurrent()) throw error;
    }
    if (isCurrent()) entry.enter('ready', { detail: running?.detail?.() });
  });
  entry.steady.catch(() => undefined);
}

async function resourceOf(node: Node, definition: ResourceDefinition, resolve: Resolver): Promise<Resource> {
  const { key, stack, logicalId } = node;
  const { type, properties: schema } = definition;
  const properties = accept({ key, type }, schema, await resolve(node));
  return { key, stack: stack.name, logicalId, type, properties };
}

function changedProperties(previous: Resource, next: Resource): string[] {
  const [before, after] = [previous.properties, next.properties] as Record<string, unknown>[];
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]));
}
