import { statfsSync } from 'node:fs';

import { Refusal } from '../kernel/refusal.ts';

/** A new primary and a new replica take 40 MB each, and WAL grows by 16 MB at a time. */
const neededMb = 256;
/** With less free space than this, a full disk is the likely cause when PostgreSQL or Redis cannot start. */
const scarceMb = 48;

/** @throws Refusal if there is too little disk space to start the databases */
export function checkDiskSpace(directory: string): void {
  const freeMb = readFreeMb(directory);
  if (freeMb >= neededMb) return;
  throw new Refusal(
    `The disk of ${directory} is nearly full: ${freeMb} MB are free and ${neededMb} MB are needed. ` +
      'Free some space, or name a folder on another disk with --state.',
  );
}

/** Returns a sentence to add to an error message if the disk is nearly full; otherwise an empty string. */
export function diskSpaceHint(directory: string): string {
  const freeMb = readFreeMb(directory);
  if (freeMb >= scarceMb) return '';
  return `\nOnly ${freeMb} MB are free on the disk of ${directory}: free some space, then start again.`;
}

function readFreeMb(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return Math.floor((bavail * bsize) / 1024 / 1024);
}
