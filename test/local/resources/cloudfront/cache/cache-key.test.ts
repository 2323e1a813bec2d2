import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { acceptedEncodings, cacheKey } from '../../../../../local/resources/cloudfront/cache/cache-key.ts';
import { allBut, everything, nothing, only } from '../../../../../local/resources/cloudfront/policies/selection.ts';

const policy = { query: only(['limit', 'cursor']), headers: nothing, cookies: nothing, gzip: true, brotli: true };
const keyOf = (url: string, headers: readonly string[] = [], given: Parameters<typeof cacheKey>[1] = policy) =>
  cacheKey({ method: 'GET', url, headers }, given);

const word = fc.stringMatching(/^[a-z%0-9]{1,6}$/).filter((each) => each !== 'limit' && each !== 'cursor');
const parameter = fc.tuple(word, word).map(([name, value]) => `${name}=${value}`);

test('undeclared parameters, cookies and headers make no key of their own, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(parameter), fc.array(fc.tuple(word, word)), fc.nat(), (extra, headers, at) => {
      const declared = ['limit=10', 'cursor=abc'];
      const cut = at % (extra.length + 1);
      const mixed = [...extra.slice(0, cut), ...declared, ...extra.slice(cut)].join('&');
      const sent = headers.flatMap(([name, value]) => [`x-${name}`, value]);
      expect(keyOf(`/films?${mixed}`, [...sent, 'Cookie', 'a=b', 'Cache-Control', 'no-cache'])).toBe(
        keyOf('/films?limit=10&cursor=abc'),
      );
    }),
  );
});

test('another path, value, order or case of a declared parameter is another key', () => {
  const urls = ['/a', '/A', '/a?limit=1', '/a?limit=2', '/a?Limit=1', '/a?limit=1&cursor=x', '/a?cursor=x&limit=1'];
  // `Limit` is another parameter, which is not declared.
  expect(new Set(urls.map((url) => keyOf(url))).size).toBe(urls.length - 1);
});

test('GET and HEAD are stored apart', () => {
  const [get, head] = ['GET', 'HEAD'].map((method) => cacheKey({ method, url: '/', headers: [] }, policy));
  expect(get).not.toBe(head);
});

test('the headers and cookies that the policy lists are part of the key, and no others', () => {
  const listed = { ...policy, headers: only(['accept-language']), cookies: only(['theme']) };
  const key = (language: string, cookie: string) => keyOf('/', ['Accept-Language', language, 'Cookie', cookie], listed);
  expect(key('de', 'theme=dark; id=1')).toBe(key('de', 'id=2; theme=dark'));
  expect(key('de', 'theme=dark')).not.toBe(key('en', 'theme=dark'));
  expect(key('de', 'theme=dark')).not.toBe(key('de', 'theme=light'));
});

test('a policy covers all query strings, or all but some', () => {
  expect(keyOf('/a?b=1&c=2', [], { ...policy, query: everything })).toContain('b=1&c=2');
  expect(keyOf('/a?b=1&c=2', [], { ...policy, query: allBut(['b']) })).toBe(
    keyOf('/a?c=2', [], { ...policy, query: everything }),
  );
});

test.each([
  ['gzip, deflate, br, zstd', 'br,gzip'],
  ['br', 'br'],
  ['GZIP', 'gzip'],
  ['gzip;q=0, br;q=0.5', 'br'],
  ['deflate', ''],
  ['', ''],
])('Accept-Encoding "%s" is normalized to "%s"', (given, expected) => {
  expect(acceptedEncodings(['Accept-Encoding', given], { gzip: true, brotli: true })).toBe(expected);
});

test('an encoding that the policy does not enable is no part of the key', () => {
  const sent = ['Accept-Encoding', 'br, gzip'];
  expect(acceptedEncodings(sent, { gzip: true, brotli: false })).toBe('gzip');
  expect(acceptedEncodings(sent, { gzip: false, brotli: false })).toBe('');
});
