import type { Node } from './assembly/graph.ts';

type Nodes = ReadonlyMap<string, Node>;

/** Calls `work` for every node, each after the nodes it needs have succeeded; independent nodes run concurrently. */
export function inOrder(nodes: Nodes, work: (node: Node) => Promise<void>): Promise<void>[] {
  return traverse(nodes, ({ needs }) => [...needs], work);
}

/** Calls `work` for every node, each after the nodes that need it have settled; independent nodes run concurrently. */
export function inReverse(nodes: Nodes, work: (node: Node) => Promise<void>): Promise<void>[] {
  const dependents = new Map([...nodes.keys()].map((key) => [key, [] as string[]]));
  for (const { key, needs } of nodes.values()) for (const need of needs) dependents.get(need)?.push(key);
  return traverse(nodes, ({ key }) => dependents.get(key) ?? [], work, 'settled');
}

function traverse(
  nodes: Nodes,
  before: (node: Node) => readonly string[],
  work: (node: Node) => Promise<void>,
  after: 'done' | 'settled' = 'done',
): Promise<void>[] {
  const begun = new Map<string, Promise<void>>();
  const begin = (node: Node): Promise<void> => {
    const known = begun.get(node.key);
    if (known !== undefined) return known;
    const earlier = before(node)
      .flatMap((key) => nodes.get(key) ?? [])
      .map(begin);
    const promise = (after === 'done' ? Promise.all(earlier) : Promise.allSettled(earlier)).then(() => work(node));
    begun.set(node.key, promise);
    return promise;
  };
  return [...nodes.values()].map(begin);
}
