/** Something the person at the console can put right; its message says what is wrong and the remedy. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export const diskFull = 'The disk is full';

/** One paragraph for the console about an error, with the remedy for a cause that is known. */
export function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal) return message;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC' || cause.message.includes('No space left on device')) {
      return `${diskFull}: ${message}. Free some room, then start again; what was stored before is kept.`;
    }
  }
  return message;
}
