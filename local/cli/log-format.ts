import { prettyFactory } from 'pino-pretty';

import type { LogLine } from './log-lines.ts';

/** Returns a function that formats a line as time of day, source and message; JSON as level, message and fields. */
export function createFormatter(colour: boolean): (line: LogLine) => string {
  const pretty = prettyFactory({ colorize: colour, singleLine: true, ignore: 'time,pid,hostname,service' });
  return ({ time, source, text }) => {
    // A task writes its id before each of its lines.
    const [, task, json] = /^(\S+ )?(\{.*\})$/.exec(text) ?? [];
    const message = json === undefined ? text : pretty(json).trimEnd();
    const who = task === undefined ? source : task.trimEnd();
    const isOwnName = json === undefined && text.startsWith(`${source}-`);
    return `${time.slice(11, 23)} ${isOwnName ? '' : `${who} `}${message}`;
  };
}
