/** What a write to a closed pipe or a vanished terminal fails with. */
const closedCodes = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/** Calls `onClosed` instead of failing when the reader of the standard streams is gone, as with `… | head`. */
export function tolerateClosedOutput(onClosed: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!closedCodes.has(error.code ?? '')) throw error;
      onClosed();
    });
  }
}
