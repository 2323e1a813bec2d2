import { fromHttp } from '@aws-sdk/credential-provider-http';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { HeadersOf } from './otlp-send.ts';

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html */
export const isXRay = (url: string): boolean => /^https:\/\/xray\.[\w-]+\.amazonaws\.com(\.cn)?\//.test(url);

/**
 * Returns the headers that X-Ray's OTLP endpoint wants of a request: a signature by Signature Version 4, which depends on the
 * body. The credentials are those of the ECS task role.
 */
export function signForXRay(
  url: string,
  region: string,
  credentials: ConstructorParameters<typeof SignatureV4>[0]['credentials'] = fromHttp(),
): HeadersOf {
  const signer = new SignatureV4({ service: 'xray', region, credentials, sha256: Sha256 });
  const { hostname, pathname: path } = new URL(url);
  return async (body, headers) => {
    const withHost = { ...headers, host: hostname };
    const request = new HttpRequest({ method: 'POST', protocol: 'https:', hostname, path, headers: withHost, body });
    return (await signer.sign(request)).headers;
  };
}
