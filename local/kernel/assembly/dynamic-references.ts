/** Returns the string of a secret, by its ARN or name. */
export type FetchSecret = (secretId: string) => Promise<string>;

const pattern = /\{\{resolve:([^}]*)\}\}/g;

/**
 * Replaces the dynamic references in a value, such as `{{resolve:secretsmanager:ARN:SecretString:password::}}`.
 *
 * @throws Error for a reference to anything but Secrets Manager, and for a key that the secret does not have
 */
export async function resolveDynamicReferences(value: unknown, fetchSecret: FetchSecret): Promise<unknown> {
  if (typeof value === 'string') return resolveText(value, fetchSecret);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveDynamicReferences(item, fetchSecret)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveDynamicReferences(item, fetchSecret)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveText(text: string, fetchSecret: FetchSecret): Promise<string> {
  let result = '';
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    result += text.slice(end, match.index) + (await lookUp(match[1] ?? '', fetchSecret));
    end = match.index + match[0].length;
  }
  return result + text.slice(end);
}

async function lookUp(reference: string, fetchSecret: FetchSecret): Promise<string> {
  const [service, ...parts] = reference.split(':');
  if (service !== 'secretsmanager') {
    throw new Error(`{{resolve:${reference}}} is a dynamic reference to ${service}; only secretsmanager is supported`);
  }
  const secretId = takeSecretId(parts);
  // The part before the key is always `SecretString`.
  return readSecretKey(await fetchSecret(secretId), parts[1] ?? '', secretId);
}

/**
 * Reads the value for `ValueFrom` of an ECS secret: `ARN` or `ARN:key:stage:version`; key, stage and version may be
 * empty.
 */
export async function readSecret(valueFrom: string, fetchSecret: FetchSecret): Promise<string> {
  const parts = valueFrom.split(':');
  const secretId = takeSecretId(parts);
  return readSecretKey(await fetchSecret(secretId), parts[0] ?? '', secretId);
}

/** An ARN has seven parts, a name has one. */
const takeSecretId = (parts: string[]): string => parts.splice(0, parts[0] === 'arn' ? 7 : 1).join(':');

/** Returns the whole string, or the value of a key if the string is a JSON object. Errors never contain the secret. */
function readSecretKey(secret: string, jsonKey: string, secretId: string): string {
  if (jsonKey === '') return secret;
  let content: unknown;
  try {
    content = JSON.parse(secret);
  } catch {
    throw new Error(`secret ${secretId} is not JSON, so it has no key ${jsonKey}`);
  }
  const value = (content as Record<string, string | number | boolean> | null)?.[jsonKey];
  if (value === undefined) throw new Error(`secret ${secretId} has no key ${jsonKey}`);
  return String(value);
}
