import { expect, test } from '@jest/globals';

import { environment } from '../stack.ts';

const domain = { names: ['shop.example.com', 'example.com'], certificateArn: 'arn' };

test('links begin with the first name of the domain, unless the settings say otherwise', () => {
  expect(environment({ domain }).siteUrl).toBe('https://shop.example.com');
  expect(environment({ domain, siteUrl: 'https://example.com' }).siteUrl).toBe('https://example.com');
  expect(environment().siteUrl).toBeUndefined();
});

test('pages of the domain may upload, unless the settings say otherwise', () => {
  expect(environment({ domain }).uploadOrigins).toEqual(['https://shop.example.com', 'https://example.com']);
  expect(environment({ domain, uploadOrigins: [] }).uploadOrigins).toEqual([]);
  expect(environment().uploadOrigins).toEqual([]);
});
