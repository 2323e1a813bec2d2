import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { System } from '../support/system.ts';

/** Something that goes wrong while people shop. */
export interface Fault {
  readonly name: string;
  /** Resolves when it has happened; the runtime repairs it. */
  happen(system: System): Promise<void>;
}

const killTask = (service: string): Fault => ({
  name: `kill -9 of a task of ${service}`,
  async happen(system) {
    const { services } = await system.status();
    const task = anyOf(services.find(({ name }) => name === service)?.tasks ?? []);
    if (task !== undefined) process.kill(task.pid, 'SIGKILL');
  },
});

const killDatabase = (role: 'primary' | 'replica'): Fault => ({
  name: `kill -9 of the ${role}`,
  async happen(system) {
    const { databases } = await system.status();
    await system.act(databases.find((database) => database.role === role)?.name ?? '', 'kill');
  },
});

const killRedis: Fault = {
  name: 'kill -9 of Redis',
  happen: async (system) => void (await system.act('redis-group', 'kill')),
};

/** As when a message ends in the dead-letter queue, and nobody looks there. */
const loseMessages: Fault = {
  name: 'messages of orders are lost',
  async happen(system) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sqs = new SQSClient({ endpoint: system.endpoint, region: 'eu-central-1', credentials });
    try {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'headroom-local-orders' }));
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 });
      const { Messages = [] } = await sqs.send(receive);
      for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    } finally {
      sqs.destroy();
    }
  },
};

/** The loss of single tasks, which the system must not show to anybody who repeats a request. */
export const taskFaults: readonly Fault[] = ['catalog', 'auth', 'orders', 'payments', 'sandbox', 'mailer'].map(
  killTask,
);

/** The loss of what the tasks rely on, as well. */
export const allFaults: readonly Fault[] = [
  ...taskFaults,
  killDatabase('primary'),
  killDatabase('replica'),
  killRedis,
  loseMessages,
];

export const anyOf = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];
