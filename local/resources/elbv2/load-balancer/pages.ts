import { STATUS_CODES } from 'node:http';
import type { Page, RawHeaders } from '../../../http/hop.ts';
import type { Fault } from '../../../http/server.ts';

/** Statuses that only load balancers of AWS use; their pages show no reason. */
const UNREGISTERED = new Set([460, 463]);

/** A response of the load balancer itself. */
export function page(status: number, body: string, contentType: string, headers: RawHeaders = []): Page {
  const own = ['Server', 'awselb/2.0', 'Content-Length', String(Buffer.byteLength(body))];
  if (body !== '') own.push('Content-Type', contentType);
  return { status, headers: [...own, ...headers], body };
}

/** The page that an Application Load Balancer sends when no target responded. */
export function errorPage(status: number, headers: RawHeaders = []): Page {
  const title = UNREGISTERED.has(status) ? `${status}` : `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return page(status, body, 'text/html', headers);
}

/** The page for a request that cannot be read. Source: load-balancer-troubleshooting.html */
export const refusalPage = (fault: Fault): Page => errorPage(fault === 'timeout' ? 408 : 400);
