import type { WorkQueue } from '../constructs/work-queue.ts';
import type { Capability } from './capability.ts';

/** Lets a workload receive from its own queue, whatever feeds it. */
export const queueCapability = (queues: ReadonlyMap<string, WorkQueue>): Capability => ({
  bind(workload, { name }) {
    const { queue, visibilityTimeout } = queues.get(name)!;
    queue.grantConsumeMessages(workload.role);
    workload.addEnvironment({
      QUEUE_URL: queue.queueUrl,
      QUEUE_VISIBILITY_SECONDS: String(visibilityTimeout.toSeconds()),
    });
  },
});
