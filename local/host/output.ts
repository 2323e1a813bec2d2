/** The error codes of a write to a closed pipe or terminal. */
const closedCodes = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/** Calls `onClosed` instead of throwing when the reader of stdout or stderr has closed it, as in `… | head`. */
export function tolerateClosedOutput(onClosed: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!closedCodes.has(error.code ?? '')) throw error;
      onClosed();
    });
  }
}
