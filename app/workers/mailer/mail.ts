/** `order`: about the recipient's own paid order. `account`: a link that proves who owns the address. */
export type Kind = 'order' | 'account';

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The mail that an event causes. */
export interface DueMail extends Mail {
  readonly kind: Kind;
  /** What the log calls it. */
  readonly name: string;
  readonly userId: string;
  readonly to: string;
}
