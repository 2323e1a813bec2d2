import { Value } from 'typebox/value';
import { chargeResponses, DecidedCharge, type ChargeStatus } from '../../contracts/charge.ts';
import type { HttpClient } from '../../kit/http-client.ts';
import type { PaymentProvider } from './provider.ts';

/** A provider over HTTP: `POST /charges` with an Idempotency-Key, `POST /charges/:key/void`, both with the provider's key. */
export function createPaymentProvider(client: HttpClient, providerKey: string): PaymentProvider {
  const authorization = `Bearer ${providerKey}`;
  return {
    async charge({ key, amountCents, cardToken, customerId }) {
      const { status, json } = await client.request('POST', '/charges', {
        json: { amountCents, cardToken },
        headers: { authorization, 'idempotency-key': key },
        causes: [`customer ${customerId}`, `card ${cardToken}`],
      });
      const verdict = (chargeResponses as Record<number, ChargeStatus>)[status];
      if (verdict === undefined) throw unexpected('POST /charges', status, json);
      return verdict;
    },

    async settle({ key, customerId }) {
      const path = `/charges/${encodeURIComponent(key)}/void`;
      const { status, json } = await client.request('POST', path, {
        headers: { authorization },
        causes: [`customer ${customerId}`],
      });
      if (status !== 200 || !Value.Check(DecidedCharge, json)) throw unexpected(`POST ${path}`, status, json);
      return json.status;
    },
  };
}

/** A breach of contract decides nothing: the payment stays pending. */
function unexpected(call: string, status: number, json: unknown): Error {
  return new Error(`The payment provider responded to ${call} with ${status}: ${JSON.stringify(json)}`);
}
