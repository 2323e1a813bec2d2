import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Labels, Name, NameOf } from './instruments.ts';
import type { Meter } from './meter.ts';

export interface Point<N extends Name> {
  readonly value: number;
  readonly labels: Labels<N>;
}

type LabelsIfAny<N extends Name> = keyof Labels<N> extends never ? [] : [labels: Labels<N>];

/** The metrics of one task. `labels` that are used often are best made once: nothing else is allocated for a measurement. */
export interface Metrics {
  add<N extends NameOf<'counter'>>(name: N, count: number, ...labels: LabelsIfAny<N>): void;
  record<N extends NameOf<'histogram'>>(name: N, value: number, ...labels: LabelsIfAny<N>): void;
  /**
   * Calls `read` at each collection, and `reset` after what was read since the last `reset` has been exported. If `read` throws,
   * or takes longer than 500 ms, the metric is left out.
   */
  observe<N extends NameOf<'gauge'>>(
    name: N,
    read: () => readonly Point<N>[] | Promise<readonly Point<N>[]>,
    reset?: () => void,
  ): void;
  /** Loads the SDK, which takes some ms. Until then, measurements wait in memory. */
  load(): Promise<void>;
  /**
   * Loads the SDK too. Returns what was measured since the last call for `delta`, or since the start for `cumulative`. Each collection is kept in
   * memory until the other kind has been collected too.
   */
  collect(temporality: 'delta' | 'cumulative'): Promise<ResourceMetrics>;
}

/** Creates metrics whose SDK is loaded later: it would delay the start of a task. */
export function createMetrics(): Metrics {
  let early: ((meter: Meter) => void)[] = [];
  const resets: (() => void)[] = [];
  let meter: Meter | undefined;
  let loading: Promise<Meter> | undefined;

  const loadOnce = () => (loading ??= loadMeter());
  const loadMeter = async (): Promise<Meter> => {
    const { createMeter } = await import('./meter.ts');
    const loaded = createMeter();
    for (const replay of early) replay(loaded);
    early = [];
    meter = loaded;
    return loaded;
  };

  return {
    add(name, count, ...[labels]) {
      if (meter) meter.add(name, count, labels);
      else early.push((loaded) => loaded.add(name, count, labels));
    },
    record(name, value, ...[labels]) {
      if (meter) meter.record(name, value, labels);
      else early.push((loaded) => loaded.record(name, value, labels));
    },
    observe(name, read, reset) {
      if (reset) resets.push(reset);
      if (meter) meter.observe(name, read);
      else early.push((loaded) => loaded.observe(name, read));
    },
    async load() {
      await loadOnce();
    },
    async collect(temporality) {
      const collected = await (await loadOnce()).collect(temporality);
      if (temporality === 'delta') for (const reset of resets) reset();
      return collected;
    },
  };
}
