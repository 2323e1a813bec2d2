import type { HttpClient } from '../../kit/http-client.ts';
import type { PaymentProvider, Verdict } from './provider.ts';

/** The provider as an HTTP service: `POST /charges` with an Idempotency-Key, `POST /charges/:key/void`. */
export function httpProvider(client: HttpClient): PaymentProvider {
  return {
    async charge({ key, amountCents, cardToken }) {
      const { status, json } = await client.request('POST', '/charges', {
        json: { amountCents, cardToken },
        headers: { 'idempotency-key': key },
      });
      const verdicts: Record<number, Verdict> = { 201: 'succeeded', 402: 'declined', 410: 'voided' };
      const verdict = verdicts[status];
      if (verdict === undefined) throw unexpected('POST /charges', status, json);
      return verdict;
    },

    async settle(key) {
      const path = `/charges/${encodeURIComponent(key)}/void`;
      const { status, json } = await client.request('POST', path);
      if (status !== 200 || !isCharge(json)) throw unexpected(`POST ${path}`, status, json);
      return json.status;
    },
  };
}

function isCharge(json: unknown): json is { status: Verdict } {
  const status = (json as { status?: unknown } | null)?.status;
  return status === 'succeeded' || status === 'declined' || status === 'voided';
}

/** A programming error on one of the two sides: nothing is concluded from it, the payment stays pending. */
function unexpected(call: string, status: number, json: unknown): Error {
  return new Error(`The payment provider answered ${call} with ${status}: ${JSON.stringify(json)}`);
}
