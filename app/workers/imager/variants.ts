import sharp, { type Sharp } from 'sharp';

/** A file is no image that is shown; the message is for the user who uploaded it. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
}

export interface Variant {
  readonly contentType: 'image/webp' | 'image/jpeg';
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
}

const widths = [320, 800, 1600] as const;
const largest = widths[2];
/** A decoded pixel takes 3 or 4 bytes. */
const maxPixels = 40_000_000;
/** A variant is at most so many times as high as wide: WebP ends at 16,383 pixels. */
const maxRatio = 8;
const maxSeconds = 20;

// libvips finds the format in the bytes, whatever the file is called; other loaders, such as that of SVG, never see them.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((format) => `VipsForeignLoad${format}Buffer`),
});
// Each image is another one, and the task does one at a time.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Returns an image as WebP and JPEG in three widths, or fewer if it is smaller: turned as its EXIF data says, in sRGB with 8 bits, without
 * metadata. Of an animated one, the first frame.
 * @throws Rejected if the bytes are no image of a known format, are damaged, or have too many pixels
 */
export async function makeVariants(bytes: Uint8Array): Promise<Variant[]> {
  const { data, info } = await readBase(bytes);
  const base = () => sharp(data, { raw: info });
  const own = Math.min(info.width, largest);
  const targets = [...widths.filter((width) => width < own), own];
  const variants: Variant[] = [];
  for (const width of targets) {
    const sized = base().resize({ width });
    variants.push(await encode(sized.clone().webp({ quality: 80 }), 'image/webp'));
    variants.push(await encode(sized.flatten({ background: 'white' }).jpeg({ quality: 80 }), 'image/jpeg'));
  }
  return variants;
}

/** Decodes an image once, no larger than its largest variant. */
async function readBase(bytes: Uint8Array) {
  try {
    return await sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' })
      .timeout({ seconds: maxSeconds })
      .autoOrient()
      .resize({ width: largest, height: largest * maxRatio, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new Rejected(reasonOf((error as Error).message), { cause: error });
  }
}

/** @see https://github.com/lovell/sharp/blob/main/src/common.cc */
function reasonOf(message: string): string {
  if (/unsupported image format|blocked/i.test(message)) return 'The file is no JPEG, PNG, WebP, GIF or AVIF image.';
  if (/exceeds pixel limit/i.test(message)) return `The image has more than ${maxPixels / 1_000_000} million pixels.`;
  if (/timeout/i.test(message)) return `The image takes more than ${maxSeconds} s to read.`;
  return 'The image is damaged.';
}

async function encode(image: Sharp, contentType: Variant['contentType']): Promise<Variant> {
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { contentType, width: info.width, height: info.height, bytes: data };
}
