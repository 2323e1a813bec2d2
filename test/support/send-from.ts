import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Sends a request from an address of this machine, which `fetch` cannot choose. Rejects if there is no complete response. */
export function sendFrom(
  localAddress: string,
  url: string,
  {
    method = 'GET',
    payload,
    headers = {},
  }: { method?: string; payload?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, localAddress, headers }, (response) => {
      const received = new Headers();
      for (let i = 0; i < response.rawHeaders.length; i += 2)
        received.append(response.rawHeaders[i] as string, response.rawHeaders[i + 1] as string);
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: received, text: body }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}
