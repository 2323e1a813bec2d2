import { randomBytes } from 'node:crypto';

/**
 * A load balancer's cookie that names a choice. AWS encrypts the choice; here the value is a random token that only the
 * load balancer maps to its choice, so a client can neither read nor forge one.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions
 */
export interface StickyCookie<T extends object> {
  /** Returns the choice that the cookie names; undefined when it is missing, forged or older than the duration. */
  read(cookieHeader: string | undefined): T | undefined;
  /** Returns `Set-Cookie` values that bind a client to the choice for another duration; one is for cross-site requests. */
  write(choice: T): string[];
  forget(choice: T): void;
}

export function createStickyCookie<T extends object>(
  name: 'AWSALB' | 'AWSALBTG',
  durationMs: number,
  now: () => number,
): StickyCookie<T> {
  const choices = new Map<string, T>();
  const tokens = new Map<T, string>();
  const pattern = new RegExp(`(?:^|;)\\s*${name}=([A-Za-z0-9_-]+)\\.([0-9a-z]+)`);
  return {
    read(cookieHeader) {
      const [, token, expiry] = (cookieHeader && pattern.exec(cookieHeader)) || [];
      if (!token || !expiry || Number.parseInt(expiry, 36) < now()) return undefined;
      return choices.get(token);
    },
    write(choice) {
      let token = tokens.get(choice);
      if (!token) {
        token = randomBytes(48).toString('base64url');
        tokens.set(choice, token);
        choices.set(token, choice);
      }
      const expires = new Date(now() + durationMs);
      const rest = `${token}.${expires.getTime().toString(36)}; Expires=${expires.toUTCString()}; Path=/`;
      return [`${name}=${rest}`, `${name}CORS=${rest}; SameSite=None; Secure`];
    },
    forget(choice) {
      const token = tokens.get(choice);
      if (token) choices.delete(token);
      tokens.delete(choice);
    },
  };
}
