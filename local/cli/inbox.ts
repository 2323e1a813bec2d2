import { Refusal } from '../kernel/refusal.ts';

/** A sent mail, in the same form for every endpoint. */
export interface SentMail {
  /** ISO 8601. */
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

interface LocalstackMail {
  readonly Timestamp: string;
  readonly Source: string;
  readonly Destination: { readonly ToAddresses?: readonly string[] };
  readonly Subject?: string;
  readonly Body?: { readonly text_part?: string | null };
}

interface MinistackMail {
  /** Seconds since 1970. */
  readonly Timestamp: number;
  readonly Source: string;
  readonly To?: readonly string[];
  readonly Subject?: string;
  readonly BodyText?: string;
}

/**
 * Returns the mails that an endpoint has received. The embedded endpoint and LocalStack list them at `/_aws/ses`,
 * MiniStack at `/_ministack/ses/messages`.
 *
 * @throws Refusal if the endpoint does not respond or lists no mails
 */
export async function readInbox(endpoint: string): Promise<SentMail[]> {
  const localstack = (await getJson(`${endpoint}/_aws/ses`)) as { messages: readonly LocalstackMail[] } | undefined;
  if (localstack !== undefined) return localstack.messages.map(fromLocalstack);
  // Keyed by account.
  const ministack = (await getJson(`${endpoint}/_ministack/ses/messages`)) as
    | { messages: Readonly<Record<string, readonly MinistackMail[]>> }
    | undefined;
  if (ministack !== undefined) return Object.values(ministack.messages).flat().map(fromMinistack);
  throw new Refusal(
    `${endpoint} lists no mails, neither at /_aws/ses as LocalStack does nor at /_ministack/ses/messages. Use its own console, or start without AWS_ENDPOINT_URL.`,
  );
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
    throw new Refusal(`${url} does not respond. Check that the endpoint is still running.`, { cause: error });
  });
  return response.ok ? response.json() : undefined;
}

const fromLocalstack = ({ Timestamp, Source, Destination, Subject = '', Body }: LocalstackMail): SentMail => ({
  at: Timestamp,
  from: Source,
  to: Destination.ToAddresses ?? [],
  subject: Subject,
  text: Body?.text_part ?? '',
});

const fromMinistack = ({ Timestamp, Source, To = [], Subject = '', BodyText = '' }: MinistackMail): SentMail => ({
  at: new Date(Timestamp * 1000).toISOString(),
  from: Source,
  to: To,
  subject: Subject,
  text: BodyText,
});
