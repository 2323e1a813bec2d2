/** Bytes of a UUID. */
const idBytes = 16;

/**
 * Returns a secret together with whose it is, as base64url: what is stored about it is found by its user, who decides on which
 * server it is.
 */
export const withUser = (userId: string, secret: Buffer): string =>
  Buffer.concat([Buffer.from(userId.replaceAll('-', ''), 'hex'), secret]).toString('base64url');

/** Returns what `withUser` joined. `text` has at least the bytes of an id. */
export function readWithUser(text: string): { readonly userId: string; readonly secret: Buffer } {
  const bytes = Buffer.from(text, 'base64url');
  const hex = bytes.toString('hex', 0, idBytes);
  const userId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { userId, secret: bytes.subarray(idBytes) };
}
