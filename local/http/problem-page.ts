import { STATUS_CODES } from 'node:http';
import type { Page, RawHeaders } from './hop.ts';

/** Returns a problem document (RFC 9457) that nothing may store. */
export function problemPage(status: number, detail: string, headers: RawHeaders = []): Page {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
  const own = ['Content-Type', 'application/problem+json', 'Content-Length', String(Buffer.byteLength(body))];
  return { status, headers: [...own, 'Cache-Control', 'no-store', ...headers], body };
}

/** Returns the response while the system starts or stops, when parts of it are not there; AWS has no such phase. */
export const startingPage = (): Page =>
  problemPage(503, 'The system is starting or stopping. Try again in a second.', ['Retry-After', '1']);
