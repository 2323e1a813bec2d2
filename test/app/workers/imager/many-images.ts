/** Makes the variants of a hundred images in each round, and sends how much memory the process had after each, in MB. */
import { makeVariants } from '../../../../app/workers/imager/variants.ts';
import { photo } from './files.ts';

const files = await Promise.all(
  [350, 400, 450].flatMap((width) => [photo(width, 300).jpeg().toBuffer(), photo(width, 300).png().toBuffer()]),
);
const resident: number[] = [];
for (let round = 0; round < Number(process.argv[2]); round += 1) {
  for (let n = 0; n < 100; n += 1) {
    const bytes = files[n % files.length]!;
    // Some are damaged.
    await makeVariants(n % 10 === 9 ? bytes.subarray(0, bytes.length / 2) : bytes).catch(() => {});
  }
  resident.push(process.memoryUsage.rss() / 2 ** 20);
}
process.send?.(resident);
