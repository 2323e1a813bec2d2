import { statfsSync } from 'node:fs';

import { Refusal } from '../kernel/refusal.ts';

/** A primary and a replica take 40 MB each when new, and write ahead by 16 MB at a time. */
const neededMb = 256;
/** PostgreSQL and Redis fail in ways of their own when the disk is full; below this it is the likely reason. */
const scarceMb = 48;

/** Throws a Refusal when there is no room for the databases to start in. */
export function checkDiskSpace(directory: string): void {
  const freeMb = readFreeMb(directory);
  if (freeMb >= neededMb) return;
  throw new Refusal(
    `The disk of ${directory} is nearly full: ${freeMb} MB are left and ${neededMb} MB are needed. Free some room, or ` +
      'name a folder on another disk with --state.',
  );
}

/** A sentence to add to a failure's message when a full disk may be behind it. */
export function diskSpaceHint(directory: string): string {
  const freeMb = readFreeMb(directory);
  if (freeMb >= scarceMb) return '';
  return `\nOnly ${freeMb} MB are left on the disk of ${directory}: free some room, then start again.`;
}

function readFreeMb(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return Math.floor((bavail * bsize) / 1024 / 1024);
}
