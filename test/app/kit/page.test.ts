import { expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { readCursor, toPage } from '../../../app/kit/page.ts';

const position = Type.Object({ n: Type.Integer() });
const rows = [{ n: 1 }, { n: 2 }, { n: 3 }];

test('a page that is not the last has a cursor to its last item', () => {
  const page = toPage(rows, 2, ({ n }) => ({ n }));
  expect(page.items).toEqual([{ n: 1 }, { n: 2 }]);
  expect(readCursor(position, page.nextCursor ?? '')).toEqual({ n: 2 });
});

test('the last page has no cursor, even when it is full', () => {
  expect(toPage(rows, 3, ({ n }) => n).nextCursor).toBeNull();
  expect(toPage([], 3, () => 0)).toEqual({ items: [], nextCursor: null });
});

test.each(['', 'x', '!!', Buffer.from('{"n":"1"}').toString('base64url'), Buffer.from('null').toString('base64url')])(
  'the cursor %j is refused with its field name',
  (cursor) => {
    expect(() => readCursor(position, cursor)).toThrow(
      expect.objectContaining({ status: 400, errors: [expect.objectContaining({ field: 'cursor' })] }),
    );
  },
);
