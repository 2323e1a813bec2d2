import { setTimeout as sleep } from 'node:timers/promises';

import type { TargetGroup, TargetState } from '../../../../../local/resources/ecs/scheduler/revision.ts';

interface Target {
  readonly url: string;
  readonly onState: (state: TargetState | undefined) => void;
  healthy: boolean;
  outstanding: number;
  whenIdle?: () => void;
}

/** A target group that really probes its targets, and a client that sends requests to the healthy ones in turn. */
export class Balancer implements TargetGroup {
  readonly #targets = new Map<string, Target>();
  #turn = 0;

  register(
    { id, host, port }: { id: string; host: string; port: number },
    onState: (state: TargetState | undefined) => void,
  ): void {
    const target: Target = { url: `http://${host}:${port}`, onState, healthy: false, outstanding: 0 };
    this.#targets.set(id, target);
    onState('initial');
    void this.#probe(id, target);
  }

  async deregister(id: string): Promise<void> {
    const target = this.#targets.get(id);
    if (target === undefined) return;
    this.#targets.delete(id);
    target.onState('draining');
    await new Promise<void>((resolve) => {
      target.whenIdle = resolve;
      if (target.outstanding === 0) resolve();
    });
    target.onState(undefined);
  }

  /** The body of the response of one of the healthy targets. */
  async send(): Promise<string> {
    const healthy = [...this.#targets.values()].filter((target) => target.healthy);
    const target = healthy[this.#turn++ % healthy.length];
    if (target === undefined) throw new Error('no target is healthy');
    target.outstanding += 1;
    try {
      const response = await fetch(target.url);
      return await response.text();
    } finally {
      target.outstanding -= 1;
      if (target.outstanding === 0) target.whenIdle?.();
    }
  }

  async #probe(id: string, target: Target): Promise<void> {
    while (this.#targets.get(id) === target && !target.healthy) {
      target.healthy = await fetch(target.url).then(
        ({ ok }) => ok,
        () => false,
      );
      if (target.healthy) target.onState('healthy');
      else await sleep(20);
    }
  }
}
