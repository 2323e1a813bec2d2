import fresh from 'fresh';
import parseRange from 'range-parser';

import { firstHeader } from '../../../http/headers.ts';
import type { HopRequest, HopResponse, RawHeaders } from '../../../http/hop.ts';
import { without, type Stored } from './stored.ts';

/** Returns the response to a viewer from a stored one: whole, a 304, or a range. `Cache-Control` of the viewer is ignored. */
export function replay(stored: Stored, { method, headers }: Pick<HopRequest, 'method' | 'headers'>): HopResponse {
  const { status, statusText, bytes } = stored;
  const whole = { status, statusText, headers: stored.headers, body: method === 'HEAD' ? '' : bytes };
  if (status !== 200) return whole;
  if (isUnchanged(stored.headers, headers))
    return { status: 304, headers: without(stored.headers, 'content-length'), body: '' };
  const range = method === 'GET' ? firstHeader(headers, 'range') : undefined;
  if (range === undefined || !rangeApplies(stored.headers, headers)) return whole;
  const parts = parseRange(bytes.byteLength, range);
  const own = without(stored.headers, 'content-length', 'content-range');
  if (parts === -1)
    return { status: 416, headers: ['Content-Range', `bytes */${bytes.byteLength}`, 'Content-Length', '0'], body: '' };
  // Several ranges get the whole object, which RFC 9110, section 14.2, permits.
  if (parts === -2 || parts.type !== 'bytes' || parts.length !== 1) return whole;
  const { start, end } = parts[0]!;
  const content = [
    'Content-Range',
    `bytes ${start}-${end}/${bytes.byteLength}`,
    'Content-Length',
    `${end - start + 1}`,
  ];
  return { status: 206, headers: [...own, ...content], body: bytes.subarray(start, end + 1) };
}

function isUnchanged(stored: RawHeaders, viewer: RawHeaders): boolean {
  const match = firstHeader(viewer, 'if-none-match');
  const since = firstHeader(viewer, 'if-modified-since');
  if (match === undefined && since === undefined) return false;
  return fresh(
    { 'if-none-match': match, 'if-modified-since': since },
    { etag: firstHeader(stored, 'etag'), 'last-modified': firstHeader(stored, 'last-modified') },
  );
}

/** Source: rfc-editor.org/rfc/rfc9110#section-13.1.5 (a weak validator does not match) */
function rangeApplies(stored: RawHeaders, viewer: RawHeaders): boolean {
  const condition = firstHeader(viewer, 'if-range');
  if (condition === undefined) return true;
  return condition === firstHeader(stored, condition.startsWith('"') ? 'etag' : 'last-modified');
}
