import { createHash } from 'node:crypto';

/** The bytes of a response and the headers that belong to them. */
export interface Content {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a cache keeps under a key. Times in ms since the epoch. */
export interface Entry {
  /** Undefined: there is nothing under this key, which is remembered too. */
  readonly content: Content | undefined;
  readonly freshUntil: number;
  /** Until then it is returned while it is loaded again, and when that fails. */
  readonly staleUntil: number;
}

/** Returns `body` with its content type and the strong `ETag` of its bytes. */
export function contentOf(text: string, type: string): Content {
  const body = Buffer.from(text);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, headers: { 'content-type': type, etag } };
}

/** Digits of `freshUntil`, which a script in Redis reads from the beginning of the value. */
export const freshDigits = 15;

/** Returns an entry as the bytes that Redis stores: `freshUntil`, a line of JSON, the body. */
export function encode({ content, freshUntil, staleUntil }: Entry): Buffer {
  const head = JSON.stringify({ staleUntil, headers: content?.headers ?? null });
  const fresh = String(Math.floor(freshUntil)).padStart(freshDigits, '0');
  return Buffer.concat([Buffer.from(`${fresh}${head}\n`), content?.body ?? Buffer.alloc(0)]);
}

/** Reads what `encode` returned. @throws SyntaxError if it is anything else */
export function decode(bytes: Buffer): Entry {
  const end = bytes.indexOf('\n');
  const { staleUntil, headers } = JSON.parse(bytes.toString('utf8', freshDigits, end)) as {
    staleUntil: number;
    headers: Record<string, string> | null;
  };
  return {
    content: headers === null ? undefined : { body: bytes.subarray(end + 1), headers },
    freshUntil: Number(bytes.toString('utf8', 0, freshDigits)),
    staleUntil,
  };
}
