/** No further attempt can succeed: a message that does not parse, or a payload that breaks its contract. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}
