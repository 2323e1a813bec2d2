import type { ServiceDefinition } from '../system.ts';

/** Returns the faults in what services and workers use and watch in the uploads bucket. */
export function* uploadsFaults(definitions: readonly ServiceDefinition[]): Generator<string> {
  const watched: { readonly name: string; readonly prefix: string }[] = [];
  for (const { name, receives, watches = [], uploads } of definitions) {
    // An asterisk would be a wildcard in the policy.
    for (const prefix of [...watches, ...(uploads?.reads ?? []), ...(uploads?.writes ?? [])]) {
      if (!/^([\w.-]+\/)+$/.test(prefix)) yield `${name}: "${prefix}" is not a key prefix such as "originals/"`;
    }
    if (receives?.length && watches.length)
      yield `${name} has both \`receives\` and \`watches\`: give each kind of message a worker of its own`;
    for (const prefix of watches) {
      const other = watched.find((one) => one.prefix.startsWith(prefix) || prefix.startsWith(one.prefix));
      if (other)
        yield `${name} watches "${prefix}", which overlaps "${other.prefix}" of ${other.name}: S3 notifies one queue only`;
      watched.push({ name, prefix });
    }
  }
}
