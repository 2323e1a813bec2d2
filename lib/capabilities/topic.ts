import type { EventBus } from '../constructs/event-bus.ts';
import type { Capability } from './capability.ts';

/** Lets a workload publish events. */
export const topicCapability = ({ topic }: EventBus): Capability => ({
  bind(workload) {
    topic.grantPublish(workload.role);
    workload.addEnvironment({ EVENTS_TOPIC_ARN: topic.topicArn });
  },
});
