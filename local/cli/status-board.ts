import type { Status, StatusBoard } from '../kernel/driver.ts';

export interface ReadableStatusBoard extends StatusBoard {
  /** Asks every source. A section nobody has spoken for is empty. */
  read(): Promise<Status>;
}

export function createStatusBoard(): ReadableStatusBoard {
  const sources = new Map<keyof Status, (() => Promise<unknown>)[]>();
  const answers = (section: keyof Status): Promise<unknown[]> =>
    Promise.all((sources.get(section) ?? []).map((source) => source()));
  const list = async <T>(section: keyof Status): Promise<T[]> => ((await answers(section)) as T[][]).flat();

  return {
    add(section, source) {
      sources.set(section, [...(sources.get(section) ?? []), source]);
    },
    async read() {
      return {
        edge: ((await answers('edge')).at(-1) ?? '') as string,
        endpoint: ((await answers('endpoint')).at(-1) ?? '') as string,
        services: await list('services'),
        queues: await list('queues'),
        databases: await list('databases'),
        redis: ((await answers('redis')).at(-1) ?? { url: '' }) as Status['redis'],
        declaredOnly: ((await answers('declaredOnly')).at(-1) ?? {}) as Status['declaredOnly'],
      };
    },
  };
}
