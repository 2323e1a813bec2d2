/** A line of a log file. */
export interface LogLine {
  /** When the line was written, ISO 8601. */
  readonly time: string;
  /** Name of the log. */
  readonly source: string;
  readonly text: string;
}

const pattern = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/;

/** Parses the lines of a log. A line without a time has the time of the line before it. */
export function parseLines(source: string, content: string): LogLine[] {
  let time = '';
  return content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, own, text = line] = pattern.exec(line) ?? [];
      time = own ?? time;
      return { time, source, text };
    });
}

/**
 * Whether a line is a document of metrics, of which each task writes several a minute. CloudWatch recognizes it by the same member
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
export const isMetrics = ({ text }: LogLine): boolean => text.includes('"_aws":{"Timestamp":');

/**
 * Parses a time: a duration before now, such as `30s`, `10m` or `2h`, or an ISO 8601 time. Returns it as ISO 8601;
 * undefined if the text is neither.
 */
export function parseSince(text: string, now = Date.now()): string | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) {
    const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's' | 'm' | 'h' | 'd'];
    return new Date(now - Number(count) * unitMs).toISOString();
  }
  // Date.parse reads other text as well, such as 5 as a month.
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
