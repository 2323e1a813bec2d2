import { STATUS_CODES } from 'node:http';
import type { Exchange } from '../../../http/exchange.ts';

/** Statuses that only a load balancer of AWS knows; it shows no reason for them. */
const UNREGISTERED = new Set([460, 463]);

/** The small page an Application Load Balancer answers with when no target did. */
export function errorPage(status: number): string {
  const title = UNREGISTERED.has(status) ? `${status}` : `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

/** Answers in the load balancer's own name and lets the rest of the request run into nothing. */
export function answer(
  { request, response, addToAnswer }: Exchange,
  status: number,
  { body = errorPage(status), contentType = 'text/html', headers = [] as readonly string[] } = {},
): void {
  request.resume();
  const own = ['Server', 'awselb/2.0', 'Content-Length', String(Buffer.byteLength(body))];
  if (body !== '') own.push('Content-Type', contentType);
  response.writeHead(status, [...own, ...headers, ...addToAnswer]);
  response.end(request.method === 'HEAD' ? undefined : body);
}
