/** The least that Node can do: `node:http` with responses that are ready. Prints its port. */
import { createServer } from 'node:http';

/** A response that another server gave. */
export interface Ready {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

process.once('message', (responses: Readonly<Record<string, Ready>>) => {
  const ready = new Map(
    Object.entries(responses).map(([path, { headers, body }]) => [path, { headers, body: Buffer.from(body) }]),
  );
  const server = createServer((request, response) => {
    const { headers, body } = ready.get(request.url as string)!;
    response.writeHead(200, headers);
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
});
