import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto';
import { promisify } from 'node:util';
import { bulkhead, BulkheadRejectedError } from 'cockatiel';
import { OverloadError } from '../../kit/problem.ts';

const derive = promisify(argon2);

/** OWASP's password storage cheat sheet: Argon2id with 19 MiB, 2 passes, 1 lane. Memory in KiB, tag in bytes. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** Each hash occupies one of the 4 threads of libuv's pool: two at once leave threads for other work. At most 50 wait. */
const pool = bulkhead(2, 50);

/** Returns the hash of a password as a PHC string. @throws OverloadError while too many calls wait */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  return toPhc(nonce, await digest(password, { ...cost, nonce }));
}

/**
 * Returns whether `phc` is the hash of this password. Takes as long without a hash as with a wrong one, so that response
 * times do not reveal who is registered.
 * @throws OverloadError while too many calls wait
 */
export async function verifyPassword(password: string, phc: string | undefined): Promise<boolean> {
  const { tag, ...parameters } = fromPhc(phc ?? toPhc(randomBytes(16), randomBytes(cost.tagLength)));
  return timingSafeEqual(tag, await digest(password, parameters));
}

type Parameters = Omit<Argon2Parameters, 'message'>;

async function digest(password: string, parameters: Parameters): Promise<Buffer> {
  try {
    // Systems may encode the same password with different code points.
    return await pool.execute(() => derive('argon2id', { ...parameters, message: password.normalize('NFKC') }));
  } catch (error) {
    if (!(error instanceof BulkheadRejectedError)) throw error;
    throw new OverloadError('Too many people are signing in right now', error);
  }
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');

function toPhc(nonce: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(nonce)}$${base64(tag)}`;
}

function fromPhc(phc: string) {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(phc);
  if (!parts)
    throw new Error('A stored password hash is not an Argon2id PHC string, check the password_hash column of users');
  const [, memory, passes, parallelism, nonce, tag] = parts as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const bytes = Buffer.from(tag, 'base64');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce, 'base64'),
    tag: bytes,
    tagLength: bytes.length,
  };
}
