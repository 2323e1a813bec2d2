const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Returns whether a `Host` header, with or without a port, names this machine: localhost, a name below it such as that of
 * a bucket, 127.0.0.0/8 or [::1].
 *
 * A web page can make the browser send requests to a server on 127.0.0.1 by DNS rebinding: it resolves its own name to
 * that address, and is then allowed to read the responses. The `Host` header of those requests has the page's own name.
 */
export const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && LOOPBACK.test(host);

/** Returns whether an `Origin` header is that of a plain HTTP server on a port of this machine. */
export function isLoopbackOrigin(origin: string, port: number): boolean {
  const [, host = ''] = /^http:\/\/(.+)$/i.exec(origin) ?? [];
  return isLoopbackHost(host) && Number(/:(\d+)$/.exec(host)?.[1] ?? 80) === port;
}

/** Says why a `Host` header is refused, and what to send instead. */
export const foreignHost = (host: string | undefined, url: string): string =>
  `The Host header is ${JSON.stringify(host ?? '')}, and this server only accepts names of this machine, such as localhost, ` +
  `so that no web page can reach it under a name of its own. Use ${url}.`;
