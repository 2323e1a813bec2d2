import { readFileSync, writeFileSync } from 'node:fs';

import { freePort, isFree } from './free-port.ts';

export interface Ports {
  /** Returns a free port of 127.0.0.1 for `name`: the same at each start, unless it is in use. */
  reserve(name: string, preferred: number): Promise<number>;
}

/** Stores ports in a JSON file, so that URLs stay the same from start to start. */
export function createPorts(file: string): Ports {
  const known = readPorts(file);
  let last: Promise<unknown> = Promise.resolve();

  async function choose(name: string, preferred: number): Promise<number> {
    const others = new Set(
      Object.entries(known)
        .filter(([each]) => each !== name)
        .map(([, port]) => port),
    );
    const near = Array.from({ length: 20 }, (_, i) => preferred + i);
    for (const port of [known[name] ?? preferred, ...near]) {
      if (!others.has(port) && (await isFree(port))) return port;
    }
    return freePort();
  }

  return {
    reserve(name, preferred) {
      const choice = last.then(async () => {
        const port = await choose(name, preferred);
        known[name] = port;
        writeFileSync(file, `${JSON.stringify(known, undefined, 2)}\n`);
        return port;
      });
      last = choice.catch(() => undefined);
      return choice;
    },
  };
}

function readPorts(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
