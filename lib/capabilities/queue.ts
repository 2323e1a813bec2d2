import type { WorkQueue } from '../constructs/work-queue.ts';
import type { Capability } from './capability.ts';

/** Lets a workload receive from its own queue, whatever feeds it, and move what it cannot handle to its dead-letter queue. */
export const queueCapability = (queues: ReadonlyMap<string, WorkQueue>): Capability => ({
  bind(workload, { name }) {
    const { queue, deadLetters, visibilityTimeout } = queues.get(name)!;
    queue.grantConsumeMessages(workload.role);
    deadLetters.grantSendMessages(workload.role);
    workload.addEnvironment({
      QUEUE_URL: queue.queueUrl,
      DEAD_LETTERS_URL: deadLetters.queueUrl,
      QUEUE_VISIBILITY_SECONDS: String(visibilityTimeout.toSeconds()),
    });
  },
});
