import type { ServerResponse } from 'node:http';
import type { Stores } from './fauxqs.ts';

/**
 * Waits out a long poll before fauxqs answers it, and says whether the client is still there. fauxqs itself does not
 * notice that a waiting client was killed, and would hand it the next message, which then stays invisible for the
 * queue's whole timeout. Returns false when the client is gone.
 */
export async function waitForMessage(
  store: Stores['sqsStore'],
  body: unknown,
  response: ServerResponse,
): Promise<boolean> {
  const input = body as Record<string, unknown>;
  const queue = store.getQueue(String(input['QueueUrl']));
  const seconds = Number(input['WaitTimeSeconds'] ?? queue?.attributes['ReceiveMessageWaitTimeSeconds'] ?? 0);
  if (!queue || !(seconds > 0 && seconds <= 20)) return true; // fauxqs answers with the error
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    queue.processTimers();
    const remainingMs = deadline - Date.now();
    if (Number(queue.getAttribute('ApproximateNumberOfMessages')) > 0 || remainingMs <= 0) break;
    await Promise.race([gone, queue.waitForMessages(remainingMs / 1000)]);
    if (response.destroyed) return false;
  }
  input['WaitTimeSeconds'] = 0;
  return true;
}
