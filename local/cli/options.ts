import { resolve } from 'node:path';

import { InvalidArgumentError, Option } from 'commander';

const root = resolve(import.meta.dirname, '../..');

/** The option of the state folder, which every command has. */
export const stateOption = (): Option =>
  new Option('--state <folder>', 'where the system stores its state between starts')
    .default(resolve(root, '.headroom'), '.headroom in the repository')
    .argParser((folder) => resolve(folder));

/** @throws InvalidArgumentError if the text is not a TCP port */
export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('A port is a number from 1 to 65535.');
}
