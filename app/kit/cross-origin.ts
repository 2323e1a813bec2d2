import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what a page of another site makes a browser send with the user's cookie, as Go's CrossOriginProtection does
 * (https://pkg.go.dev/net/http#CrossOriginProtection): browsers say in `Sec-Fetch-Site` which site a request comes from, those
 * before 2023 in `Origin`. Clients that are no browsers send neither. `SameSite=Lax` alone trusts all subdomains.
 * @throws Problem 403 if a request that may change something comes from another origin
 */
export function refuseCrossOrigin({ method = '', headers }: IncomingMessage): void {
  if (safeMethods.has(method)) return;
  const site = headers['sec-fetch-site'];
  const isOwn = site === undefined ? isOfHost(headers) : site === 'same-origin' || site === 'none';
  if (!isOwn) throw new Problem(403, undefined, { detail: 'The request comes from a page of another origin.' });
}

/** Compares hosts alone: TLS ends before the service. */
function isOfHost({ origin, host }: IncomingMessage['headers']): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
