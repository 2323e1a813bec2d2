import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { makeVariants, Rejected, type Variant } from '../../../../app/workers/imager/variants.ts';
import { photo, pngBomb, withExif } from './files.ts';

const sizes = (variants: Variant[]) =>
  variants.map(({ contentType, width, height }) => `${contentType.slice(6)} ${width}x${height}`);

/** Checks that each variant is what it says, and returns what its decoder says. */
async function decoded(variants: Variant[]) {
  return Promise.all(
    variants.map(async ({ bytes, contentType, width, height }) => {
      const metadata = await sharp(bytes).metadata();
      expect(metadata).toMatchObject({ width, height, format: contentType.slice(6), space: 'srgb', depth: 'uchar' });
      return metadata;
    }),
  );
}

test('a photo has both formats in three widths', async () => {
  const variants = await makeVariants(await photo(2000, 1000).jpeg().toBuffer());
  expect(sizes(variants)).toEqual([
    'webp 320x160',
    'jpeg 320x160',
    'webp 800x400',
    'jpeg 800x400',
    'webp 1600x800',
    'jpeg 1600x800',
  ]);
  await decoded(variants);
});

test.each([
  [500, ['webp 320x32', 'jpeg 320x32', 'webp 500x50', 'jpeg 500x50']],
  [320, ['webp 320x32', 'jpeg 320x32']],
  [100, ['webp 100x10', 'jpeg 100x10']],
])('an image that is %i wide is not enlarged', async (width, expected) => {
  expect(
    sizes(
      await makeVariants(
        await photo(width, width / 10)
          .png()
          .toBuffer(),
      ),
    ),
  ).toEqual(expected);
});

test('an image of one pixel is an image', async () => {
  const variants = await makeVariants(await photo(1, 1).png().toBuffer());
  expect(sizes(variants)).toEqual(['webp 1x1', 'jpeg 1x1']);
  await decoded(variants);
});

test('an image much higher than wide fits into what the formats hold', async () => {
  const variants = await makeVariants(await photo(100, 16_000).webp().toBuffer());
  expect(sizes(variants).slice(0, 2)).toEqual(['webp 80x12800', 'jpeg 80x12800']);
  await decoded(variants);
});

test('an image is turned as its EXIF data says, and no metadata is left', async () => {
  const original = await withExif(photo(400, 200), 6).jpeg().toBuffer();
  expect((await sharp(original).metadata()).exif?.toString('latin1')).toContain('secret owner');
  const variants = await makeVariants(original);
  expect(sizes(variants)).toEqual(['webp 200x400', 'jpeg 200x400']);
  for (const { exif, icc, xmp, iptc, orientation } of await decoded(variants))
    expect([exif, icc, xmp, iptc, orientation]).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test.each([
  ['a CMYK JPEG', () => photo(64, 64).toColourspace('cmyk').jpeg()],
  ['a PNG with 16 bits', () => photo(64, 64).toColourspace('rgb16').png()],
  ['a grey PNG', () => photo(64, 64).greyscale().png()],
  ['a PNG with a palette and transparency', () => photo(64, 64).ensureAlpha(0.5).png({ palette: true })],
  ['an AVIF image', () => photo(64, 64).avif({ effort: 0 })],
])('%s becomes an image in sRGB with 8 bits', async (_what, make) => {
  const variants = await makeVariants(await make().toBuffer());
  expect(sizes(variants)).toEqual(['webp 64x64', 'jpeg 64x64']);
  await decoded(variants);
});

test.each(['gif', 'webp'] as const)('of an animated %s there is the first frame', async (format) => {
  const frames = await Promise.all(['red', 'blue'].map((background) => solid(background).png().toBuffer()));
  const variants = await makeVariants(
    await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer(),
  );
  expect(sizes(variants)).toEqual(['webp 64x64', 'jpeg 64x64']);
  const { dominant } = await sharp(variants[1]!.bytes).stats();
  expect([dominant.r > 200, dominant.b < 50]).toEqual([true, true]);
  for (const { pages = 1 } of await decoded(variants)) expect(pages).toBe(1);
});

test('what is transparent is white in a JPEG', async () => {
  const clear = sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
  const [webp, jpeg] = await makeVariants(await clear.png().toBuffer());
  expect((await sharp(webp!.bytes).metadata()).hasAlpha).toBe(true);
  expect((await sharp(jpeg!.bytes).stats()).channels.map(({ min }) => min > 250)).toEqual([true, true, true]);
});

test('a file that is an image and something else is only the image afterwards', async () => {
  const payload = '<script>alert(1)</script>PK\u0003\u0004';
  const image = await photo(64, 64).jpeg().toBuffer();
  const variants = await makeVariants(Buffer.concat([image, Buffer.from(payload)]));
  for (const { bytes } of variants) expect(bytes.includes('script')).toBe(false);
  const gif = await solid('red').gif().toBuffer();
  for (const { bytes } of await makeVariants(Buffer.concat([gif, Buffer.from(payload)])))
    expect(bytes.includes('script')).toBe(false);
});

const noImage = 'The file is no JPEG, PNG, WebP, GIF or AVIF image.';
const damaged = 'The image is damaged.';
test.each([
  ['no bytes', async () => Buffer.alloc(0), damaged],
  ['text', async () => Buffer.from('not an image'), noImage],
  ['a page', async () => Buffer.from('<!doctype html><script>alert(1)</script>'), noImage],
  ['an SVG image with a script', async () => Buffer.from(svg), noImage],
  ['a PDF', async () => Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n'), noImage],
  ['a TIFF image', async () => photo(64, 64).tiff().toBuffer(), noImage],
  ['half a JPEG', async () => half(await photo(640, 640).jpeg().toBuffer()), damaged],
  ['half a PNG', async () => half(await photo(640, 640).png().toBuffer()), damaged],
  ['half a WebP image', async () => half(await photo(640, 640).webp().toBuffer()), damaged],
  ['the first bytes of a JPEG', async () => Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), damaged],
  [
    'a PNG of 30,000 x 30,000 pixels',
    async () => pngBomb(30_000, 30_000),
    'The image has more than 40 million pixels.',
  ],
])('%s is rejected, with a reason', async (_what, make, reason) => {
  const bytes = await make();
  const rejected = makeVariants(bytes);
  await expect(rejected).rejects.toThrow(reason);
  await expect(rejected).rejects.toBeInstanceOf(Rejected);
});

test('the bomb of the test is a small file', () => {
  expect(pngBomb(30_000, 30_000).length).toBeLessThan(200_000);
});

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
const solid = (background: string) => sharp({ create: { width: 64, height: 64, channels: 3, background } });
