import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { readInbox } from '../../../local/cli/inbox.ts';

let server: Server;
afterEach(() => {
  server.close();
});

/** Starts an endpoint that serves only these paths. */
async function endpoint(pages: Readonly<Record<string, unknown>>): Promise<string> {
  server = createServer(({ url = '' }, response) => {
    if (url in pages) response.end(JSON.stringify(pages[url]));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const mail = { from: 'shop@example.com', to: ['ann@example.org'], subject: 'Paid', text: 'Thank you.' };

test('mails are read as LocalStack lists them', async () => {
  const message = {
    Timestamp: '2026-01-02T03:04:05.000Z',
    Source: mail.from,
    Destination: { ToAddresses: mail.to },
    Subject: mail.subject,
    Body: { text_part: mail.text, html_part: null },
  };
  const url = await endpoint({ '/_aws/ses': { messages: [message] } });
  expect(await readInbox(url)).toEqual([{ at: '2026-01-02T03:04:05.000Z', ...mail }]);
});

test('mails are read as MiniStack lists them', async () => {
  const message = { Timestamp: 1767323045, Source: mail.from, To: mail.to, Subject: mail.subject, BodyText: mail.text };
  const url = await endpoint({ '/_ministack/ses/messages': { messages: { '000000000000': [message] } } });
  expect(await readInbox(url)).toEqual([{ at: '2026-01-02T03:04:05.000Z', ...mail }]);
});

test('an endpoint that lists no mails is named', async () => {
  const url = await endpoint({});
  await expect(readInbox(url)).rejects.toThrow(`${url} lists no mails`);
});
