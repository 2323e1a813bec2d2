/** The secret's string, by its ARN or name. */
export type FetchSecret = (secretId: string) => Promise<string>;

const pattern = /\{\{resolve:([^}]*)\}\}/g;

/**
 * A resolved value with its dynamic references, such as `{{resolve:secretsmanager:ARN:SecretString:password::}}`,
 * replaced by what they name. Throws for a reference to anything but Secrets Manager and for a key the secret lacks.
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
    throw new Error(`{{resolve:${reference}}} is a dynamic reference to ${service}; only secretsmanager is known here`);
  }
  const secretId = takeSecretId(parts);
  // `SecretString` comes before the key; there is nothing else it could say.
  return readSecretKey(await fetchSecret(secretId), parts[1] ?? '', secretId);
}

/** What the `ValueFrom` of an ECS secret names: `ARN` or `ARN:key:stage:version`, of which any may be empty. */
export async function readSecret(valueFrom: string, fetchSecret: FetchSecret): Promise<string> {
  const parts = valueFrom.split(':');
  const secretId = takeSecretId(parts);
  return readSecretKey(await fetchSecret(secretId), parts[0] ?? '', secretId);
}

/** An ARN has seven parts of its own, a name one. */
const takeSecretId = (parts: string[]): string => parts.splice(0, parts[0] === 'arn' ? 7 : 1).join(':');

/** A secret's whole string, or the value under a key of its JSON object. Never puts the secret into a message. */
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
