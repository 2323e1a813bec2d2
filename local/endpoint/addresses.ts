import PostalMime, { addressParser, type Address } from 'postal-mime';
import { AwsError } from './aws-error.ts';

/**
 * The lower-case address in `"Doe, Jane" <jane@example.com>`.
 * @throws AwsError when the text is not exactly one address
 */
export function plainAddress(text: string): string {
  const found = addressParser(text, { flatten: true }).flatMap(mailboxes);
  const [mailbox] = found;
  const address = mailbox?.address ?? '';
  if (!address.includes('@')) throw new AwsError('InvalidParameterValue', `Missing final '@domain' (${text})`);
  // The parser also takes `jane doe@example.com` for an address with a name.
  const isNameBare = mailbox?.name !== '' && !text.includes('<');
  if (found.length > 1 || isNameBare || !/^[^\s@]+@[^\s@]+$/.test(address)) {
    throw new AwsError('InvalidParameterValue', `Illegal address: ${text}`);
  }
  return address.toLowerCase();
}

export interface RawMailHeaders {
  /** The `From` header as it was sent, unfolded. */
  readonly from: string | undefined;
  readonly to: string[];
  readonly cc: string[];
  readonly bcc: string[];
  readonly subject: string | undefined;
}

/** Reads the headers of a MIME message, encoded words decoded. */
export async function readHeaders(message: string): Promise<RawMailHeaders> {
  const { headers, to, cc, bcc, subject } = await PostalMime.parse(message);
  return {
    from: headers.find(({ key }) => key === 'from')?.value,
    to: format(to),
    cc: format(cc),
    bcc: format(bcc),
    subject,
  };
}

const mailboxes = (address: Address) => address.group ?? [address];

/** Quotes a display name that is more than words: https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3 */
function format(addresses: readonly Address[] = []): string[] {
  return addresses.flatMap(mailboxes).map(({ name, address }) => {
    if (name === '') return address;
    const phrase = /[()<>[\]:;@\\,."]/.test(name) ? `"${name.replaceAll(/[\\"]/g, String.raw`\$&`)}"` : name;
    return `${phrase} <${address}>`;
  });
}
