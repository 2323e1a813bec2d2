import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import type { DeploymentSettings } from '../../../../../local/resources/ecs/scheduler/deployment-settings.ts';
import { createProcessLauncher } from '../../../../../local/resources/ecs/scheduler/process-launcher.ts';
import type { Revision, TargetGroup, TargetState } from '../../../../../local/resources/ecs/scheduler/revision.ts';
import { createService, type Service } from '../../../../../local/resources/ecs/scheduler/service.ts';

type OnState = (state: TargetState | undefined) => void;

/** A target group whose targets are as healthy, and drained, as the test says. */
export class FakeTargetGroup implements TargetGroup {
  readonly events: string[] = [];
  readonly registered = new Map<string, { port: number; onState: OnState }>();
  drained: Promise<void> = Promise.resolve();
  #state: TargetState = 'healthy';

  register({ id, port }: { id: string; port: number }, onState: OnState): void {
    this.registered.set(id, { port, onState });
    this.events.push('registered');
    onState(this.#state);
  }

  async deregister(id: string): Promise<void> {
    const target = this.registered.get(id);
    if (target === undefined) return;
    this.registered.delete(id);
    this.events.push('draining');
    target.onState('draining');
    await this.drained;
    this.events.push('drained');
    target.onState(undefined);
  }

  set state(state: TargetState) {
    this.#state = state;
    for (const { onState } of this.registered.values()) onState(state);
  }
}

export const serve = `
  require('node:http').createServer((q, r) => r.end(process.env.GREETING)).listen(process.env.PORT, process.env.HOST);
  process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); });
`;

export const settings: DeploymentSettings = {
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  healthGraceMs: 0,
  circuitBreaker: {
    enabled: false,
    rollback: false,
    resetOnHealthyTask: true,
    threshold: { type: 'BOUNDED_PERCENT', value: 50 },
  },
};

export interface RunOptions extends Partial<Omit<Revision, 'launch'>> {
  readonly command?: readonly string[];
  readonly environment?: Revision['launch']['environment'];
  readonly desired?: number;
  readonly settings?: Partial<DeploymentSettings>;
}

/** Runs services whose tasks are real processes. */
export function createRig() {
  const directory = mkdtempSync(join(tmpdir(), 'headroom-service-'));
  const group = new FakeTargetGroup();
  const children = new Set<number>();
  const notes: string[] = [];
  const parts: string[] = [];
  const services: Service[] = [];
  let log = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString();
      done();
    },
  });

  function revision(program: string, options: RunOptions = {}): Revision {
    const name = options.name ?? 'shop:1';
    const file = `${name.replace(':', '-')}.js`;
    writeFileSync(join(directory, file), program);
    return {
      name,
      launch: {
        command: options.command ?? ['node', file],
        directory,
        environment: options.environment ?? (async () => ({ GREETING: 'hello' })),
        log: stream,
      },
      targetGroups: options.targetGroups ?? [group],
      healthCheck: options.healthCheck,
      stopTimeoutMs: options.stopTimeoutMs ?? 5_000,
    };
  }

  return {
    directory,
    group,
    children,
    notes,
    parts,
    log: () => log,
    revision,
    run(program: string, options: RunOptions = {}): Service {
      const service = createService({
        name: 'shop',
        launcher: createProcessLauncher({
          add: (pid) => void children.add(pid),
          remove: (pid) => void children.delete(pid),
        }),
        revision: revision(program, options),
        desired: options.desired ?? 1,
        settings: { ...settings, ...options.settings },
        report: {
          note: (message) => void notes.push(message),
          part: (id, change, message) => void parts.push([id, change, message ?? ''].join(' ').trim()),
        },
        logFile: '/logs/shop.log',
      });
      services.push(service);
      return service;
    },
    async dispose(): Promise<void> {
      for (const service of services) await service.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

export type Rig = ReturnType<typeof createRig>;
