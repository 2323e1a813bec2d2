import type { ServiceDefinition } from '../system.ts';

/** Query strings of a cache policy. Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const maxParameters = 10;

/** Returns what is wrong with the paths that the CDN stores. */
export function* storedFaults(definitions: readonly ServiceDefinition[]): Generator<string> {
  for (const definition of definitions) {
    if (definition.kind !== 'service') continue;
    const { name, paths, stored = {} } = definition;
    for (const [pattern, parameters] of Object.entries(stored)) {
      if (!paths.includes(pattern))
        yield `${name}.stored has "${pattern}", which is none of its paths: give one of them`;
      if (parameters.length > maxParameters)
        yield `${name}.stored["${pattern}"] has ${parameters.length} query parameters: CloudFront takes up to ${maxParameters}`;
    }
  }
}
