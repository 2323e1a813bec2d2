import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { askControl } from './control.ts';
import type { Status } from '../driver.ts';
import { Refusal } from '../refusal.ts';
import { describeStatus } from './summary.ts';

/** What another terminal asks of the runtime that runs on a state folder. Each answers an exit code. */

export async function status(stateDir: string, asJson: boolean): Promise<number> {
  const answer = await readStatus(stateDir);
  console.log(asJson ? JSON.stringify(answer, undefined, 2) : describeStatus(answer));
  return 0;
}

export async function kill(stateDir: string, taskId: string): Promise<number> {
  if (taskId === '') throw new Refusal('Which task? npm run local -- status lists them.');
  await askControl(stateDir, 'DELETE', `/tasks/${encodeURIComponent(taskId)}`);
  console.log(`killed ${taskId}`);
  return 0;
}

/** The last lines of a log, also when nothing runs. */
export async function logs(stateDir: string, source: string, follow: boolean): Promise<number> {
  const directory = join(stateDir, 'logs');
  const file = join(directory, `${source}.log`);
  if (source === '' || !existsSync(file)) {
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.log')) : [];
    throw new Refusal(`There is no log of "${source}". Logs: ${names.map((name) => name.slice(0, -4)).join(', ')}`);
  }
  const [code] = (await once(
    spawn('tail', ['-n', '200', ...(follow ? ['-F'] : []), file], { stdio: 'inherit' }),
    'exit',
  )) as [number | null];
  return code ?? 0;
}

interface Mail {
  readonly Timestamp: string;
  readonly Source: string;
  readonly Destination: { readonly ToAddresses?: readonly string[] };
  readonly Subject?: string;
  readonly Body?: { readonly text_part?: string | null };
}

export async function inbox(stateDir: string): Promise<number> {
  const { endpoint } = await readStatus(stateDir);
  const response = await fetch(`${endpoint}/_aws/ses`);
  if (!response.ok) throw new Refusal(`${endpoint} keeps no inbox at /_aws/ses (${response.status}).`);
  const { messages } = (await response.json()) as { messages: readonly Mail[] };
  for (const { Timestamp, Source, Destination, Subject, Body } of messages) {
    console.log(`${Timestamp}  ${Source} -> ${(Destination.ToAddresses ?? []).join(', ')}\n${Subject ?? ''}`);
    console.log(`${(Body?.text_part ?? '').replace(/^/gm, '    ')}\n`);
  }
  console.log(`${messages.length} mails`);
  return 0;
}

const readStatus = async (stateDir: string): Promise<Status> =>
  (await askControl(stateDir, 'GET', '/status')) as Status;
