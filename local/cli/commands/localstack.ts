import { Command } from 'commander';

import { runLocalstack } from '../../endpoint/localstack.ts';
import { parsePort } from '../options.ts';

export const localstackCommand = (): Command =>
  new Command('localstack')
    .description('Runs LocalStack as the AWS endpoint, until Ctrl-C.')
    .option('--endpoint-port <port>', 'port that it listens on', parsePort, 4566)
    .action(async ({ endpointPort }: { endpointPort: number }) => {
      process.exitCode = await runLocalstack(endpointPort);
    });
