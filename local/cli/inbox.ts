import { Refusal } from '../kernel/refusal.ts';

/** A sent mail, whichever endpoint kept it. */
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

/** The mails that were sent to an endpoint: the embedded one and LocalStack list them at one place, MiniStack at another. */
export async function readInbox(endpoint: string): Promise<SentMail[]> {
  const localstack = (await ask(`${endpoint}/_aws/ses`)) as { messages: readonly LocalstackMail[] } | undefined;
  if (localstack !== undefined) return localstack.messages.map(fromLocalstack);
  // By account.
  const ministack = (await ask(`${endpoint}/_ministack/ses/messages`)) as
    | { messages: Readonly<Record<string, readonly MinistackMail[]>> }
    | undefined;
  if (ministack !== undefined) return Object.values(ministack.messages).flat().map(fromMinistack);
  throw new Refusal(
    `${endpoint} lists no mails, neither at /_aws/ses as LocalStack does nor at /_ministack/ses/messages. Look in its own console, or start without AWS_ENDPOINT_URL.`,
  );
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
    throw new Refusal(`${url} does not answer. Is the endpoint still running?`, { cause: error });
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
