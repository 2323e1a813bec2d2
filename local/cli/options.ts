import { resolve } from 'node:path';

import { InvalidArgumentError, Option } from 'commander';

const root = resolve(import.meta.dirname, '../..');

/** The state folder, which every command takes. */
export const stateOption = (): Option =>
  new Option('--state <folder>', 'what the system stores between starts')
    .default(resolve(root, '.headroom'), '.headroom in the repository')
    .argParser((folder) => resolve(folder));

/** @throws InvalidArgumentError for anything but a TCP port */
export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('A port is a number from 1 to 65535.');
}
