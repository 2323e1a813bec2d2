import { expect, test } from '@jest/globals';
import { createTemplate } from '../../../app/kit/template.ts';

test('values are escaped in HTML, and not in text', async () => {
  const source = 'Hello {{name}}';
  expect(await createTemplate(source, 'html')({ name: '<b>&' })).toBe('Hello &lt;b&gt;&amp;');
  expect(await createTemplate(source, 'text')({ name: '<b>&' })).toBe('Hello <b>&');
});

test('a missing value is an error', async () => {
  await expect(createTemplate<object>('Hello {{name}}', 'text')({})).rejects.toThrow('"name" not defined');
});
