import { AwsError } from './aws-error.ts';

/** A presigned POST: an upload with an HTML form. */
export interface FormUpload {
  /** Of the object, with `${filename}` replaced. */
  readonly key: string;
  /** By lower-case name, without the file. */
  readonly fields: ReadonlyMap<string, string>;
  /** Size of the file in bytes. */
  readonly size: number;
}

/** Fields that a policy need not name: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
const free = /^(x-amz-signature|signature|awsaccesskeyid|policy|file|x-ignore-.*)$/;

/**
 * Reads the fields and the file's size from a multipart body.
 * @throws AwsError when the body is not a form with a key
 */
export async function readFormUpload(contentType: string, body: Buffer): Promise<FormUpload> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw new AwsError(
        'MalformedPOSTRequest',
        'The body of your POST request is not well-formed multipart/form-data.',
      );
    });
  const fields = new Map<string, string>();
  let file: File | undefined;
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.set(name.toLowerCase(), value);
    else file ??= value;
  }
  const key = fields.get('key')?.replaceAll('${filename}', file?.name.split(/[/\\]/).at(-1) ?? '');
  if (!key) throw new AwsError('InvalidArgument', "Bucket POST must contain a field named 'key'.");
  fields.set('key', key);
  return { key, fields, size: file?.size ?? 0 };
}

type Condition = Readonly<Record<string, string>> | readonly [string, string | number, string | number];

/**
 * Checks the upload against the conditions of its policy, if it has one. The signature is not checked.
 * @throws AwsError as S3 does
 */
export function checkPolicy({ fields, size }: FormUpload, bucket: string): void {
  const encoded = fields.get('policy');
  if (encoded === undefined) return;
  const { expiration, conditions } = decodePolicy(encoded);
  if (!(Date.parse(expiration) > Date.now())) refuse('Policy expired.');

  const values = new Map(fields).set('bucket', bucket);
  const named = new Set<string>();
  for (const [operator, subject, operand] of conditions.flatMap(asTriples)) {
    if (operator === 'content-length-range') {
      checkSize(size, Number(subject), Number(operand));
      continue;
    }
    const name = String(subject).replace(/^\$/, '').toLowerCase();
    const value = values.get(name) ?? '';
    const expected = String(operand);
    named.add(name);
    const holds =
      operator === 'eq' ? value === expected : operator === 'starts-with' ? value.startsWith(expected) : false;
    if (!holds) refuse(`Policy Condition failed: ${JSON.stringify([operator, subject, operand])}`);
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !free.test(name));
  if (extra.length > 0) refuse(`Extra input fields: ${extra.join(', ')}`);
}

function decodePolicy(encoded: string): { expiration: string; conditions: readonly Condition[] } {
  try {
    const policy = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { expiration: string; conditions: [] };
    if (Array.isArray(policy.conditions)) return policy;
  } catch {
    // Refused below.
  }
  throw new AwsError('InvalidPolicyDocument', 'Invalid Policy: it is not JSON with expiration and conditions.');
}

/** `{"acl": "private"}` is short for `["eq", "$acl", "private"]`. */
function asTriples(condition: Condition): (readonly [string, string | number, string | number])[] {
  if (Array.isArray(condition)) return [condition as readonly [string, string | number, string | number]];
  return Object.entries(condition).map(([name, value]) => ['eq', `$${name}`, String(value)] as const);
}

function checkSize(size: number, min: number, max: number): void {
  if (size > max) {
    throw new AwsError(
      'EntityTooLarge',
      `Your proposed upload exceeds the maximum allowed size: ${size} of ${max} bytes.`,
    );
  }
  if (size < min) {
    throw new AwsError(
      'EntityTooSmall',
      `Your proposed upload is smaller than the minimum allowed size: ${size} of ${min} bytes.`,
    );
  }
}

function refuse(reason: string): never {
  throw new AwsError('AccessDenied', `Invalid according to Policy: ${reason}`, 403);
}
