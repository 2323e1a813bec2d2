import { createHash, randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { readWithUser, withUser } from './with-user.ts';

/** A token for the owner of an address. It is in the event and the mail alone; what is kept is its hash. */
export interface MailedToken {
  readonly hash: Buffer;
  /** Returns the page that uses it for this user. */
  readonly link: (purpose: Purpose, userId: string) => string;
}

/** What a link says: whose it is, and the hash of its token. */
export interface PresentedToken {
  readonly userId: string;
  readonly hash: Buffer;
}

export type Purpose = 'verify' | 'reset';

/** How long a link works, in hours. */
export const validHours: Readonly<Record<Purpose, number>> = { verify: 24, reset: 1 };

/** The pages that links open, and the routes to which these send the token. */
export const pages = { verify: '/api/auth/verify', reset: '/api/auth/password/reset/confirm' } as const;

/**
 * Creates a token of 32 random bytes. It is in the fragment of its links, which a browser sends to no server: it is in no
 * log and no Referer, and a scanner of mails that fetches the link uses nothing up.
 */
export function createToken(site: string): MailedToken {
  const token = randomBytes(32);
  return {
    hash: hashOf(token),
    link: (purpose, userId) => `${site}${pages[purpose]}#${withUser(userId, token)}`,
  };
}

/** Reads the token of a link, which matches the schema `Token`. */
export function readToken(text: string): PresentedToken {
  const { userId, secret } = readWithUser(text);
  return { userId, hash: hashOf(secret) };
}

const hashOf = (token: Buffer): Buffer => createHash('sha256').update(token).digest();

/**
 * Returns the URL under which the client reached the system, unless `siteUrl` is set. CloudFront passes a request on only if
 * its Host is a domain name of the distribution. X-Forwarded-Host, which Fastify prefers, is what the client chose.
 */
export function siteOf({ protocol, headers }: FastifyRequest, siteUrl: string): string {
  return siteUrl === '' ? `${protocol}://${headers.host}` : siteUrl;
}
