import { styleText } from 'node:util';

import type { Status } from '../status.ts';
import type { Console } from './console.ts';

/** Prints the addresses of the running system. */
export function printSummary(console: Console, status: Status, logsDir: string): void {
  const open = status.edge === '' ? status.loadBalancers.map(({ url }) => url) : [status.edge];
  const rows: [string, string][] = [
    ...open.map((url): [string, string] => ['open', url]),
    ['AWS', status.endpoint],
    ['inbox', 'npm run local -- inbox'],
    ...status.databases.map(({ role, url }): [string, string] => [role, url]),
    ...redisRows(status),
    ['logs', `npm run local -- logs (${logsDir})`],
  ];
  console.line();
  console.line(styleText('bold', `Headroom is up after ${(performance.now() / 1000).toFixed(1)} s`));
  for (const [name, value] of rows) console.line(`  ${name.padEnd(8)}  ${value}`);
  console.line(`  ${declaredOnly(status)}; npm run local -- status lists them`);
  console.line('Ctrl-C stops everything.');
}

function redisRows({ redis }: Status): [string, string][] {
  return redis.url === '' ? [] : [['Redis', `redis-cli --tls --cacert ${redis.caFile} -u ${redis.url}`]];
}

/** Returns the status as text, in colour on a terminal. */
export function describeStatus(status: Status): string {
  const sections = [
    [
      ...(status.edge === '' ? [] : [`edge      ${status.edge}`]),
      ...status.loadBalancers.map(({ name, url }) => `${name}: ${url}`),
      `endpoint  ${status.endpoint}`,
    ],
    status.services.flatMap(({ name, healthy, desired, tasks }) => [
      `${name}: ${colour(healthy === desired, `${healthy} of ${desired} healthy`)}`,
      ...tasks.map(
        ({ id, port, pid, health }) => `  ${id}  ${colour(health === 'healthy', health)}  port ${port}  pid ${pid}`,
      ),
    ]),
    status.resources
      .filter(({ state }) => state === 'failed')
      .map(({ label, key, error }) => colour(false, `${label ?? key} failed: ${error}`)),
    [
      ...status.queues.map(
        ({ name, waiting, inFlight, dead }) =>
          `queue ${name}: ${waiting} waiting, ${inFlight} in flight, ${colour(dead === 0, `${dead} dead`)}`,
      ),
      ...status.databases.map(({ name, role, url, lagMs }) => `database ${name} (${role}${lag(role, lagMs)}): ${url}`),
      ...redisRows(status).map(([, command]) => `redis: ${command}`),
    ],
    [`${declaredOnly(status)}:`, ...Object.entries(status.declaredOnly).map(([type, count]) => `  ${type} (${count})`)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const colour = (isNormal: boolean, text: string): string => styleText(isNormal ? 'green' : 'yellow', text);

const declaredOnly = (status: Status): string => `declared, not run: ${Object.keys(status.declaredOnly).length} types`;

const lag = (role: string, lagMs: number | null): string =>
  role === 'primary' ? '' : `, ${lagMs === null ? 'lag unknown' : `${lagMs} ms behind`}`;
