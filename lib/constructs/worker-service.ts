import type { Construct } from 'constructs';

import { scaleOnBacklog } from './backlog-scaling.ts';
import type { WorkQueue } from './work-queue.ts';
import { Workload } from './workload.ts';
import type { WorkloadProps } from './workload.ts';

export interface WorkerServiceProps extends WorkloadProps {
  /** The queue whose backlog sets the number of tasks. */
  readonly queue: WorkQueue;
}

/** An ECS service that consumes its queue and scales on the messages waiting per task. */
export class WorkerService extends Workload {
  constructor(scope: Construct, id: string, props: WorkerServiceProps) {
    super(scope, id, props);
    const { tasks } = props;
    const scaling = this.service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
    scaleOnBacklog(this, scaling, props);
  }
}
