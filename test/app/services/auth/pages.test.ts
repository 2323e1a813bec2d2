import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import fastify from 'fastify';
import { expect, test } from '@jest/globals';
import { resetPage, sendPage, verificationPage } from '../../../../app/services/auth/pages.ts';

const scriptOf = (html: string) => /<script>(.*)<\/script>/s.exec(html)?.[1] ?? '';

/** Runs the script of a page and submits its form. Returns what it sent, and what it shows. */
async function submit(html: string, fields: Record<string, string>, response: object) {
  const output = { textContent: '' };
  let removed = false;
  let onSubmit = async (_event: object): Promise<void> => {};
  const form = {
    dataset: { done: /data-done="([^"]+)"/.exec(html)?.[1] },
    addEventListener: (_name: string, listener: typeof onSubmit) => void (onSubmit = listener),
    remove: () => void (removed = true),
  };
  const sent: unknown[] = [];
  runInNewContext(scriptOf(html), {
    document: { forms: [form], querySelector: () => output },
    location: { pathname: '/the/page', hash: '#the-token' },
    FormData: class {
      *[Symbol.iterator]() {
        yield* Object.entries(fields);
      }
    },
    fetch: async (path: string, { method, headers, body }: { method: string; headers: object; body: string }) => {
      sent.push({ path, method, headers: { ...headers }, body: JSON.parse(body) as unknown });
      return response;
    },
  });
  await onSubmit({ preventDefault: () => {} });
  return { sent, shown: output.textContent, removed };
}

test('a page sends the token of its fragment and the form to its own path', async () => {
  const reset = await submit(resetPage, { password: 'correct horse' }, { ok: true });
  expect(reset.sent).toEqual([
    {
      path: '/the/page',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: { token: 'the-token', password: 'correct horse' },
    },
  ]);
  expect(reset).toMatchObject({ shown: 'Your password is set. Sign in with it.', removed: true });
  const verified = await submit(verificationPage, {}, { ok: true });
  expect(verified).toMatchObject({ sent: [{ body: { token: 'the-token' } }], shown: 'Your address is confirmed.' });
});

test('a page shows why its form was refused, and keeps it', async () => {
  const problem = {
    title: 'Invalid request',
    detail: 'Choose another.',
    errors: [{ field: 'password', detail: 'is blank' }],
  };
  const refused = await submit(resetPage, { password: ' ' }, { ok: false, json: async () => problem });
  expect(refused).toMatchObject({ shown: 'Invalid request - Choose another. - password is blank', removed: false });
});

test('a page runs its own script only, and tells no other site of its link', async () => {
  const app = fastify();
  app.get('/', (_request, reply) => sendPage(reply, resetPage));
  const { headers, body } = await app.inject('/');
  const hash = createHash('sha256').update(scriptOf(body)).digest('base64');
  const policy = String(headers['content-security-policy']).split('; ');
  expect(policy).toEqual(
    expect.arrayContaining(["default-src 'none'", `script-src 'sha256-${hash}'`, "connect-src 'self'"]),
  );
  expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
});
