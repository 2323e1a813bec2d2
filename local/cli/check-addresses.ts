import { isFree } from '../host/free-port.ts';
import { Refusal } from '../kernel/refusal.ts';

/** @throws Refusal that names every port in use, or the AWS endpoint if it does not respond */
export async function checkAddresses(addresses: {
  readonly edgePort: number;
  readonly endpointPort: number;
  readonly endpointUrl?: string;
}): Promise<void> {
  const { edgePort, endpointPort, endpointUrl } = addresses;
  const wanted: [string, string, number][] = [['the edge', '--port', edgePort]];
  if (endpointUrl === undefined) wanted.push(['the AWS endpoint', '--endpoint-port', endpointPort]);
  else await checkReachable(endpointUrl);
  const taken: string[] = [];
  for (const [what, option, port] of wanted) {
    if (await isFree(port)) continue;
    taken.push(
      `Port ${port} for ${what} is in use. Stop the program that listens there, or choose another port: npm start -- ${option} ${port + 1}`,
    );
  }
  if (taken.length > 0) throw new Refusal(taken.join('\n'));
}

async function checkReachable(url: string): Promise<void> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new Refusal(
      `AWS_ENDPOINT_URL is ${url}, and nothing responds there. Start it (npm run localstack), or unset the variable to ` +
        'use the embedded endpoint.',
      { cause: error },
    );
  }
}
