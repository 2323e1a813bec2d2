import type { Environment } from './environment.ts';

/** Domains reserved for examples (https://www.rfc-editor.org/rfc/rfc2606), and the account of AWS's documentation. */
const placeholder = /\bexample\.(com|net|org)\b|\b111122223333\b/i;

/**
 * Returns a warning for each setting that still has a placeholder: nobody can verify an address at such a domain, no payment
 * provider has one, and no task starts with a secret that does not exist.
 */
export function placeholderWarnings(environment: Environment): readonly Warning[] {
  const { account, mailFrom, domain, siteUrl, paymentProviderUrl, paymentProviderSecretArn, telemetry } = environment;
  const settings = {
    account,
    mailFrom,
    'domain.certificateArn': domain?.certificateArn,
    siteUrl,
    paymentProviderUrl,
    paymentProviderSecretArn,
    'telemetry.otlpEndpoint': telemetry?.otlpEndpoint,
    'telemetry.otlpHeadersSecretArn': telemetry?.otlpHeadersSecretArn,
  };
  return Object.entries(settings).flatMap(([setting, value]) =>
    value !== undefined && placeholder.test(value)
      ? [{ setting, text: `${setting} is the placeholder "${value}": set your own in lib/config/environments.ts` }]
      : [],
  );
}

interface Warning {
  readonly setting: string;
  readonly text: string;
}
