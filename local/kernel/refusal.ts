/** An error that the user can fix. Its message says what is wrong and how to fix it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export const diskFull = 'The disk is full';

/** Returns a message for the console, with the remedy if the disk is full. */
export function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal) return message;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC' || cause.message.includes('No space left on device')) {
      return `${diskFull}: ${message}. Free some space, then start again. Stored data is not lost.`;
    }
  }
  return message;
}
