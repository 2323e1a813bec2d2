import { expect, test } from '@jest/globals';
import fc from 'fast-check';
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

test('pages of any size hold every row once, in order, whatever the positions are', () => {
  const Position = Type.Object({ at: Type.Integer(), id: Type.String() });
  const row = fc.record({ at: fc.maxSafeInteger(), id: fc.string({ unit: 'binary', maxLength: 20 }) });
  const distinct = fc.uniqueArray(row, { selector: ({ at, id }) => `${at} ${id}`, maxLength: 40 });
  fc.assert(
    fc.property(distinct, fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const seen: typeof all = [];
      const indexAfter = (cursor: string) => {
        const last = readCursor(Position, cursor);
        return 1 + all.findIndex(({ at, id }) => at === last.at && id === last.id);
      };
      const read = (start: number) => {
        const { items, nextCursor } = toPage(all.slice(start, start + limit + 1), limit, (last) => last);
        expect(items.length <= limit).toBe(true);
        seen.push(...items);
        if (nextCursor !== null) read(indexAfter(nextCursor));
      };
      read(0);
      expect(seen).toEqual(all);
    }),
  );
});

test('no text is a cursor by chance: it is read or refused as a 400', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((json) => Buffer.from(json).toString('base64url')),
      ),
      (text) => {
        try {
          expect(Number.isInteger(readCursor(position, text).n)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
      },
    ),
  );
});
