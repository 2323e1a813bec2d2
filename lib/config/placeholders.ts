import type { Environment } from './environment.ts';

/**
 * Returns a warning for each setting that still has a domain reserved for examples: nobody can verify an address there,
 * and no payment provider has one.
 * @see https://www.rfc-editor.org/rfc/rfc2606
 */
export function placeholderWarnings({ mailFrom, paymentProviderUrl }: Environment): readonly Warning[] {
  const settings = { mailFrom, paymentProviderUrl };
  return Object.entries(settings).flatMap(([setting, value]) =>
    value !== undefined && /\bexample\.(com|net|org)\b/i.test(value)
      ? [{ setting, text: `${setting} is the placeholder "${value}": set your own in lib/config/environments.ts` }]
      : [],
  );
}

interface Warning {
  readonly setting: string;
  readonly text: string;
}
