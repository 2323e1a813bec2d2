import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { createRate } from '../../../../local/resources/wafv2/rate.ts';

const windowMs = 60_000;
/** The window slides in steps of 5 s. */
const stepMs = 5_000;

test('a count is that of a window which slides in steps, for each address alone', () => {
  const requests = fc.array(fc.record({ afterMs: fc.nat(20_000), address: fc.constantFrom('a', 'b') }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(requests, (history) => {
      let time = 1_000_000;
      const count = createRate(windowMs, () => time);
      const seen: { at: number; address: string }[] = [];
      for (const { afterMs, address } of history) {
        time += afterMs;
        seen.push({ at: time, address });
        const within = (ms: number) => seen.filter((each) => each.address === address && time - each.at < ms).length;
        const counted = count(address);
        expect(counted).toBeLessThanOrEqual(within(windowMs));
        expect(counted).toBeGreaterThanOrEqual(within(windowMs - stepMs));
      }
    }),
  );
});
