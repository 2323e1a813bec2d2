export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const comment = /^# TYPE ([a-z_:]+) (counter|gauge|histogram)$/;
const sample = /^([a-z_:]+)\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\} (\S+)$/;

/**
 * Parses the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), as far
 * as the kit writes it.
 * @throws Error at a line that is not of the format, at a sample without a type, and at a type that is declared twice
 */
export function parsePrometheus(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('The last line has no line feed');
  const types = new Set<string>();
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [, typed] = comment.exec(line) ?? [];
      if (typed !== undefined) {
        if (types.has(typed)) throw new Error(`${typed} is declared twice`);
        types.add(typed);
        return [];
      }
      const [, name, pairs, value] = sample.exec(line) ?? [];
      if (name === undefined || pairs === undefined) throw new Error(`Not a line of the format: ${line}`);
      if (!types.has(name) && !types.has(name.replace(/_(?:bucket|sum|count)$/, '')))
        throw new Error(`${name} has no type`);
      const labels = [...pairs.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, quoted]) => [
        key,
        JSON.parse(`"${quoted}"`) as string,
      ]);
      return [{ name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) }];
    });
}
