import { styleText } from 'node:util';

import type { Console } from './console.ts';
import type { Status } from '../kernel/driver.ts';

/** Where everything is, once it is up. */
export function printSummary(console: Console, status: Status, logsDir: string): void {
  const rows: [string, string][] = [
    ['open', status.edge],
    ['AWS', status.endpoint],
    ['inbox', 'npm run local -- inbox'],
    ...status.databases.map(({ role, url }): [string, string] => [role, url]),
    ['Redis', status.redis.url],
    ['logs', logsDir],
  ];
  console.line();
  console.line(styleText('bold', `Headroom is up after ${(performance.now() / 1000).toFixed(1)} s`));
  for (const [name, value] of rows) console.line(`  ${name.padEnd(8)}  ${value}`);
  console.line(`  ${declaredOnly(status)}; npm run local -- status lists them`);
  console.line('Ctrl-C stops everything.');
}

/** `status` for people; in colour on a terminal. */
export function describeStatus(status: Status): string {
  return [
    `edge      ${status.edge}`,
    `endpoint  ${status.endpoint}`,
    '',
    ...status.services.flatMap(({ name, healthy, desired, tasks }) => [
      `${name}: ${colour(healthy === desired, `${healthy} of ${desired} healthy`)}`,
      ...tasks.map(
        ({ id, port, pid, health }) => `  ${id}  ${colour(health === 'healthy', health)}  port ${port}  pid ${pid}`,
      ),
    ]),
    '',
    ...status.queues.map(
      ({ name, waiting, inFlight, dead }) =>
        `queue ${name}: ${waiting} waiting, ${inFlight} in flight, ${colour(dead === 0, `${dead} dead`)}`,
    ),
    ...status.databases.map(({ name, role, url, lagMs }) => `database ${name} (${role}${lag(role, lagMs)}): ${url}`),
    `redis: ${status.redis.url}`,
    '',
    `${declaredOnly(status)}:`,
    ...Object.entries(status.declaredOnly).map(([type, count]) => `  ${type} (${count})`),
  ].join('\n');
}

const colour = (isWell: boolean, text: string): string => styleText(isWell ? 'green' : 'yellow', text);

const declaredOnly = (status: Status): string => `declared, not run: ${Object.keys(status.declaredOnly).length} types`;

const lag = (role: string, lagMs: number | null): string =>
  role === 'primary' ? '' : `, ${lagMs === null ? 'lag unknown' : `${lagMs} ms behind`}`;
