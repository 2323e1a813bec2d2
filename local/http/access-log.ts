import { isStream, type Hop } from './hop.ts';

/** Writes a line for each request when its response has been sent: client, method, path, status and duration in ms. */
export function withAccessLog(hop: Hop, log: NodeJS.WritableStream): Hop {
  return async (request) => {
    const startedAt = performance.now();
    const write = (outcome: number | string): void => {
      const { client, method, url } = request;
      log.write(`${client.address} ${method} ${url} ${outcome} ${(performance.now() - startedAt).toFixed(1)} ms\n`);
    };
    try {
      const response = await hop(request);
      const { status, body } = response;
      if (!isStream(body)) write(status);
      else body.once('close', () => write(body.readableEnded ? status : `${status} (interrupted)`));
      return response;
    } catch (error) {
      write(request.signal.aborted ? 'client gone' : 'failed');
      throw error;
    }
  };
}
