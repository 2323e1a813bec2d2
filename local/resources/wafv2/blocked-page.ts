import type { Page } from '../../http/hop.ts';
import { randomHex } from '../../http/random.ts';

/** Source: docs.aws.amazon.com/waf/latest/APIReference/API_CustomResponseBody.html */
const contentTypes: Readonly<Record<string, string>> = {
  APPLICATION_JSON: 'application/json',
  TEXT_HTML: 'text/html',
  TEXT_PLAIN: 'text/plain',
};

/** Returns the response to a request that a rule blocks, as CloudFront sends it. Without a body of its own it is empty. */
export function blockedPage(
  status: number,
  headers: readonly { readonly Name: string; readonly Value: string }[],
  body: { readonly ContentType: string; readonly Content: string } = { ContentType: 'TEXT_HTML', Content: '' },
): Page {
  const own = ['Server', 'CloudFront', 'X-Cache', 'Error from cloudfront', 'X-Amz-Cf-Id', randomHex(28)];
  const type = contentTypes[body.ContentType] ?? 'text/plain';
  const length = String(Buffer.byteLength(body.Content));
  return {
    status,
    headers: [
      ...own,
      'Content-Type',
      type,
      'Content-Length',
      length,
      ...headers.flatMap(({ Name, Value }) => [Name, Value]),
    ],
    body: body.Content,
  };
}
