import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A sent mail in the shape that LocalStack lists at `/_aws/ses`. */
export interface Mail {
  readonly Id: string;
  readonly Region: string;
  readonly Source: string;
  readonly Destination: { ToAddresses: string[]; CcAddresses?: string[]; BccAddresses?: string[] };
  readonly Subject?: string;
  readonly Body?: { text_part: string | null; html_part: string | null };
  /** A mail sent with SendRawEmail: the MIME text. */
  readonly RawData?: string;
  readonly Timestamp: string;
}

export interface Inbox {
  add(mail: Mail): Promise<void>;
  list(): Promise<Mail[]>;
  /** Removes one mail, or all. */
  remove(id?: string): Promise<void>;
}

/** Mails in a file of JSON lines. Operations run one after another, so that their writes do not mix. */
export async function openInbox(file: string): Promise<Inbox> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const read = async (): Promise<Mail[]> => {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').flatMap(parseLine);
  };
  return {
    // A line break at both ends: a line that a crash has truncated does not spoil the next one.
    add: async (mail) => inTurn(async () => appendFile(file, `\n${JSON.stringify(mail)}\n`, { mode: 0o600 })),
    list: async () => inTurn(read),
    remove: async (id) =>
      inTurn(async () => {
        const kept = id === undefined ? [] : (await read()).filter((mail) => mail.Id !== id);
        await writeFile(`${file}.new`, kept.map((mail) => `${JSON.stringify(mail)}\n`).join(''), { mode: 0o600 });
        await rename(`${file}.new`, file);
      }),
  };
}

function parseLine(line: string): Mail[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as Mail];
  } catch {
    return [];
  }
}
