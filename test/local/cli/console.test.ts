import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import { createConsole } from '../../../local/cli/console.ts';
import { showProgress } from '../../../local/cli/progress.ts';
import { createEventStream, type State } from '../../../local/kernel/events.ts';

function createTerminal(properties: { isTTY: boolean; columns: number }) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, properties) as NodeJS.WriteStream, written: () => text };
}

test('without a terminal every step is a line of plain text', () => {
  const { stream, written } = createTerminal({ isTTY: false, columns: 80 });
  const console = createConsole(stream);
  console.starting('catalog');
  console.ready('catalog', '2 tasks');
  console.note('task catalog-1 ended');
  console.line('Stopping');
  console.close();
  expect(written()).toMatch(/^starting catalog\n✔ catalog 2 tasks \(0\.0 s\)\n! task catalog-1 ended\nStopping\n$/);
});

test('on a terminal one redrawn line lists the starting steps, no wider than the terminal', async () => {
  const { stream, written } = createTerminal({ isTTY: true, columns: 24 });
  const console = createConsole(stream);
  console.starting('postgres-primary');
  console.starting('redis-group');
  await sleep(150);
  expect(written()).toContain('… postgres-primary, red');
  expect(written()).not.toContain('redis');
  console.ready('postgres-primary');
  console.ready('redis-group');
  const before = written();
  await sleep(150);
  expect(written()).toBe(before);
  console.close();
});

test.each([
  ['failed', '✖ catalog failed'],
  ['stopped', 'stopped catalog'],
] as const)('a step that has %s is no longer listed as starting', async (state, printed) => {
  const { stream, written } = createTerminal({ isTTY: true, columns: 80 });
  const console = createConsole(stream);
  const events = createEventStream();
  showProgress(events, console);
  const enter = (each: State) => {
    const resource = { key: 'services/Catalog', type: 'Test::Part', label: 'catalog', needs: [], actions: [] };
    events.emit('event', { kind: 'state', at: '', resource: { ...resource, state: each, since: '' } });
  };
  enter('updating');
  enter(state);
  expect(stripVTControlCharacters(written())).toContain(printed);
  const before = written();
  await sleep(150);
  expect(written()).toBe(before);
  console.close();
});

test('a terminal that cannot redraw a line gets plain lines without escapes', async () => {
  const { stream, written } = createTerminal({ isTTY: true, columns: 80 });
  const console = createConsole(stream, { TERM: 'dumb' });
  console.starting('catalog');
  await sleep(150);
  console.ready('catalog');
  console.close();
  expect(written()).toMatch(/^starting catalog\n/);
  expect(written()).not.toContain('\u001B[2K');
});
