import { randomBytes } from 'node:crypto';

/**
 * A load-balancer cookie that names a choice. AWS encrypts what it names; here the value is a random token that only
 * the load balancer can tell apart, so a client can neither read nor make one up.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions
 */
export interface StickyCookie<T extends object> {
  /** What the request's cookie names, unless it is missing, foreign or older than the duration. */
  read(cookieHeader: string | undefined): T | undefined;
  /** `Set-Cookie` values that bind a client to the choice for a further duration, one of them for cross-site requests. */
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
