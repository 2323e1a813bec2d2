import { expect, test } from '@jest/globals';
import { endToEnd, firstHeader, headerValues } from '../../../local/http/headers.ts';

test('headers of one connection and those that Connection names are not forwarded', () => {
  const received = ['Host', 'a', 'Connection', 'X-Private, close', 'x-private', '1', 'TE', 'trailers', 'X-Public', '2'];
  expect(endToEnd([...received, 'Transfer-Encoding', 'chunked', 'Upgrade', 'h2c'])).toEqual([
    'Host',
    'a',
    'X-Public',
    '2',
  ]);
});

test('Connection cannot remove the host or the length of the body', () => {
  const received = ['Connection', 'host, content-length', 'Host', 'a', 'Content-Length', '4'];
  expect(endToEnd(received)).toEqual(['Host', 'a', 'Content-Length', '4']);
});

test('a header is found by its name in any case, with all its values', () => {
  const headers = ['Cookie', 'a=1', 'COOKIE', 'b=2', 'X-Cookie', 'c=3'];
  expect(headerValues(headers, 'cookie')).toEqual(['a=1', 'b=2']);
  expect([firstHeader(headers, 'cookie'), firstHeader(headers, 'host')]).toEqual(['a=1', undefined]);
});
