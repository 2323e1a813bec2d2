import { expect, test } from '@jest/globals';

import { createRig, policy, request, settle } from './rig.ts';

const cacheControl = (value: string) => ['Cache-Control', value];
const numbered = (value: string) => (_: unknown, count: number) => ({
  headers: cacheControl(value),
  body: `body ${count}`,
});

test('a stored response is a hit with its age, until its time is over', async () => {
  const { send, advance, reached } = createRig(numbered('max-age=60'));
  const first = await send();
  expect(first).toMatchObject({ outcome: 'Miss', body: 'body 1' });
  expect(first.headers).not.toHaveProperty('age');
  advance(59);
  expect(await send()).toMatchObject({ outcome: 'Hit', body: 'body 1', headers: { age: '59', 'content-length': '6' } });
  advance(1);
  expect(await send()).toMatchObject({ outcome: 'Miss', body: 'body 2' });
  expect(reached).toHaveLength(2);
});

test('Cache-Control and Pragma of the viewer are ignored', async () => {
  const { send, reached } = createRig(numbered('max-age=60'));
  await send();
  const sent = request('/', [...cacheControl('no-cache, no-store, max-age=0'), 'Pragma', 'no-cache']);
  expect((await send(sent)).outcome).toBe('Hit');
  expect(reached).toHaveLength(1);
});

test('other methods reach the origin each time, and see nothing stored', async () => {
  const { send, reached } = createRig(numbered('max-age=60'));
  await send();
  for (const method of ['POST', 'OPTIONS', 'DELETE']) await send(request('/', [], { method }));
  expect(reached).toHaveLength(4);
});

test('a flood of undeclared parameters is one request to the origin', async () => {
  const { send, reached } = createRig(numbered('max-age=60'));
  for (let each = 0; each < 500; each++) await send(request(`/films?x${each}=${each}&limit=1`));
  expect(reached).toHaveLength(1);
});

test('an expired object that the origin confirms is a refresh hit, with the validators of the stored one', async () => {
  const { send, advance, reached } = createRig(({ headers }, count) =>
    count === 1
      ? {
          headers: [...cacheControl('max-age=10'), 'ETag', '"1"', 'Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT'],
          body: 'old',
        }
      : { status: headers.includes('"1"') ? 304 : 200, headers: cacheControl('max-age=20') },
  );
  await send();
  advance(10);
  expect(await send()).toMatchObject({
    outcome: 'RefreshHit',
    status: 200,
    body: 'old',
    headers: { 'cache-control': 'max-age=20' },
  });
  expect(reached[1]!.headers).toEqual(['If-None-Match', '"1"', 'If-Modified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT']);
  advance(19);
  expect((await send()).outcome).toBe('Hit');
});

test('conditions and ranges of a viewer do not reach the origin where the response may be stored', async () => {
  const { send, reached } = createRig(numbered('max-age=10'));
  await send(
    request('/', ['If-None-Match', '"x"', 'Range', 'bytes=0-1', 'If-Modified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT']),
  );
  expect(reached[0]!.headers).toEqual([]);
});

test('a viewer that has the object gets a 304', async () => {
  const { send } = createRig(() => ({ headers: [...cacheControl('max-age=10'), 'ETag', '"1"'], body: 'x' }));
  expect(await send(request('/', ['If-None-Match', '"1"']))).toMatchObject({ status: 304, body: '', outcome: 'Miss' });
  expect(await send(request('/', ['If-None-Match', 'W/"1"']))).toMatchObject({ status: 304, outcome: 'Hit' });
  expect(await send(request('/', ['If-None-Match', '"2"']))).toMatchObject({ status: 200, body: 'x' });
});

test.each([
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=7-', 206, '789', 'bytes 7-9/10'],
  ['bytes=-2', 206, '89', 'bytes 8-9/10'],
  ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=10-', 416, '', 'bytes */10'],
  ['bytes=5-1', 416, '', 'bytes */10'],
  ['bytes=0-1,4-5', 200, '0123456789', undefined],
  ['pages=1-2', 200, '0123456789', undefined],
  ['nonsense', 200, '0123456789', undefined],
])('the range %s of a stored object is a %i', async (range, status, body, contentRange) => {
  const { send } = createRig(() => ({ headers: cacheControl('max-age=10'), body: '0123456789' }));
  for (const outcome of ['Miss', 'Hit']) {
    const answer = await send(request('/', ['Range', range]));
    expect(answer).toMatchObject({ status, body, outcome });
    expect(answer.headers['content-range']).toBe(contentRange);
    expect(answer.headers['content-length']).toBe(String(body.length));
  }
});

test('a range of another version than If-Range names is the whole object', async () => {
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
  const headers = [...cacheControl('max-age=10'), 'ETag', '"1"', 'Last-Modified', date];
  const { send } = createRig(() => ({ headers, body: '0123' }));
  const at = async (version: string) => (await send(request('/', ['Range', 'bytes=0-0', 'If-Range', version]))).status;
  expect([await at('"1"'), await at(date)]).toEqual([206, 206]);
  expect([await at('"0"'), await at('W/"1"'), await at('Fri, 02 Jan 2026 00:00:00 GMT')]).toEqual([200, 200, 200]);
});

test('100,000 simultaneous requests of one object are one request to the origin', async () => {
  const { send, reached } = createRig(async () => {
    await settle();
    return { headers: cacheControl('max-age=60'), body: 'image' };
  });
  const answers = await Promise.all(Array.from({ length: 100_000 }, () => send()));
  expect(reached).toHaveLength(1);
  expect(answers.every(({ body }) => body === 'image')).toBe(true);
});

test('a viewer that leaves does not break off the request that others wait for', async () => {
  const { send } = createRig(async ({ signal }) => {
    await settle();
    if (signal.aborted) throw new Error('broken off');
    return { headers: cacheControl('max-age=60'), body: 'x' };
  });
  const gone = new AbortController();
  const answers = [send(request('/', [], { signal: gone.signal })), send()];
  gone.abort();
  expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(['x', 'x']);
});

test.each(['private', 'no-store', 'no-cache', 'max-age=0', 's-maxage=0'])(
  'a response with %s is for one viewer alone, also among simultaneous requests',
  async (value) => {
    const { send, reached } = createRig(async ({ headers }) => {
      await settle();
      return { headers: cacheControl(value), body: `for ${headers[1]}` };
    });
    const viewers = ['ada', 'bob', 'eve'];
    const answers = await Promise.all(viewers.map((name) => send(request('/', ['X-Name', name]))));
    expect(answers.map(({ body }) => body)).toEqual(viewers.map((name) => `for ${name}`));
    expect(reached).toHaveLength(3);
  },
);

test('requests are not collapsed where the behaviour does not allow it', async () => {
  const { send, reached } = createRig(
    async () => {
      await settle();
      return { headers: cacheControl('max-age=60') };
    },
    { behavior: { collapses: false } },
  );
  await Promise.all([send(), send(), send()]);
  expect(reached).toHaveLength(3);
});

test('stale-while-revalidate serves the stale object at once, and asks the origin once', async () => {
  let release = () => {};
  const { send, advance, reached } = createRig(async (_, count) => {
    if (count > 1) await new Promise<void>((resolve) => (release = resolve));
    return { headers: cacheControl('max-age=10, stale-while-revalidate=30'), body: `body ${count}` };
  });
  await send();
  advance(39);
  for (let each = 0; each < 3; each++) expect(await send()).toMatchObject({ body: 'body 1', headers: { age: '39' } });
  expect(reached).toHaveLength(2);
  release();
  await settle();
  expect(await send()).toMatchObject({ outcome: 'Hit', body: 'body 2' });
});

test('after stale-while-revalidate is over, the viewer waits for the origin', async () => {
  const { send, advance } = createRig(numbered('max-age=10, stale-while-revalidate=30'));
  await send();
  advance(40);
  expect(await send()).toMatchObject({ outcome: 'Miss', body: 'body 2' });
});

test.each([500, 502, 503, 504])('a stale object is served while revalidation is a %i', async (status) => {
  let isDown = false;
  const { send, advance, reached } = createRig(
    () => (isDown ? { status, body: 'error' } : { headers: cacheControl('max-age=10'), body: 'object' }),
    { errorTtlMs: () => 5000 },
  );
  await send();
  isDown = true;
  advance(3_000);
  expect(await send()).toMatchObject({ status: 200, body: 'object' });
  // The origin is asked again after the error caching minimum TTL only.
  advance(4);
  await send();
  expect(reached).toHaveLength(2);
  advance(1);
  expect(await send()).toMatchObject({ status: 200, body: 'object', headers: { age: '3005' } });
  expect(reached).toHaveLength(3);
});

test.each([
  ['max-age=10, stale-if-error=20', 29, 200],
  ['max-age=10, stale-if-error=20', 30, 503],
  ['max-age=10, stale-if-error=0', 10, 503],
  // The maximum TTL is an hour.
  ['max-age=10', 3_609, 200],
  ['max-age=10', 3_610, 503],
])('with %s, %i s after it was stored, an origin that fails is a %i', async (value, seconds, status) => {
  const { send, advance } = createRig((_, count) =>
    count === 1 ? { headers: cacheControl(value), body: 'object' } : { status: 503 },
  );
  await send();
  advance(seconds);
  expect((await send()).status).toBe(status);
});

test('a 4xx at revalidation replaces the object', async () => {
  const { send, advance } = createRig((_, count) =>
    count === 1 ? { headers: cacheControl('max-age=10'), body: 'object' } : { status: 404, body: 'gone' },
  );
  await send();
  advance(10);
  expect(await send()).toMatchObject({ status: 404, body: 'gone' });
});

test('memory is bounded: the objects that were not used longest are dropped', async () => {
  const { send, reached } = createRig(() => ({ headers: cacheControl('max-age=60'), body: 'x'.repeat(10_000) }), {
    maxBytes: 100_000,
  });
  for (let each = 0; each < 50; each++) {
    await send(request(`/${each}`));
    await send(request('/0'));
  }
  expect(reached).toHaveLength(50);
  await send(request('/1'));
  expect(reached).toHaveLength(51);
});

test.each([[['Content-Length', '50000']], [[]]])(
  'an object that is too large passes whole, and is not stored (%j)',
  async (length) => {
    const { send, reached } = createRig(
      () => ({ headers: [...cacheControl('max-age=60'), ...length], body: 'x'.repeat(50_000) }),
      { maxBytes: 100_000 },
    );
    for (let each = 0; each < 2; each++) expect((await send()).body).toHaveLength(50_000);
    expect(reached).toHaveLength(2);
  },
);

test('HEAD has the headers of the object and no body', async () => {
  const { send } = createRig(() => ({ headers: [...cacheControl('max-age=60'), 'Content-Length', '4'] }));
  for (const outcome of ['Miss', 'Hit'])
    expect(await send(request('/', [], { method: 'HEAD' }))).toMatchObject({
      outcome,
      body: '',
      headers: { 'content-length': '4' },
    });
});

test('a policy with a maximum TTL of 0 stores nothing, and changes no request', async () => {
  const cachePolicy = { ...policy, maxTtlMs: 0 };
  const { send, reached } = createRig(numbered('max-age=60'), { behavior: { cachePolicy, collapses: false } });
  const conditional = request('/', ['Range', 'bytes=0-0', 'If-None-Match', '"1"']);
  for (let each = 0; each < 2; each++) await send(conditional);
  expect(reached).toEqual([conditional, conditional]);
});

test('the age that the origin states is not sent on with one of the cache', async () => {
  const { send, advance } = createRig(() => ({ headers: [...cacheControl('max-age=60'), 'Age', '50'] }));
  await send();
  advance(5);
  const { response } = await send();
  expect(response.headers.filter((each) => each === 'Age')).toHaveLength(1);
  expect(response.headers).toEqual(expect.arrayContaining(['Age', '5']));
});
