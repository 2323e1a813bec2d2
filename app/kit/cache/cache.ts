import timers from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../log.ts';
import type { Content, Entry } from './entry.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SharedCache } from './shared.ts';

/** Times in ms. */
export interface CacheOptions {
  /** How long content is fresh. Up to a tenth is taken off at random, so that what was loaded together expires apart. */
  readonly ttl: number;
  /** How long after that it is returned while it is loaded again, or cannot be. */
  readonly stale: number;
  /** How long it is remembered that a key has no content. */
  readonly negativeTtl: number;
  /** Bound of what is in memory, in bytes. @default 32 MiB */
  readonly maxBytes?: number;
  /** The layer that all tasks share. @default - none: each task loads for itself */
  readonly shared?: SharedCache;
  readonly log?: Logger;
  readonly metrics?: Metrics;
}

/** Returns the content of a key, or undefined if there is none. */
export type Load = () => Promise<Content | undefined>;

export interface Cache {
  /** Returns the content of a key. Runs `load` if no task has it. @throws what `load` throws if nothing stale is left */
  get(key: string, load: Load): Promise<Content | undefined>;
  /** Makes all tasks load the key again. @throws if the shared layer is not available: the others keep it until it expires */
  invalidate(key: string): Promise<void>;
}

/** How long a task waits for another one to load, in ms; then it loads for itself. */
const maxWait = 3_000;
const pollInterval = 20;
/** How long a stale entry is returned before it is asked for again, in ms: another task loads it, or its load failed. */
const retryAfter = 1_000;
/** How long memory is trusted while invalidations do not arrive, in ms. */
const unheardTrust = 500;
/** What an entry takes besides its body and key, in bytes: a few objects and strings. */
const overhead = 500;

type Layer = 'memory' | 'redis' | 'source';
type Outcome = 'hit' | 'stale' | 'miss' | 'error';

/** Made once: a read from memory takes less than a microsecond. */
const outcomesOf = (layer: Layer) => ({
  hit: { layer, outcome: 'hit' },
  stale: { layer, outcome: 'stale' },
  miss: { layer, outcome: 'miss' },
  error: { layer, outcome: 'error' },
});
const reads = { memory: outcomesOf('memory'), redis: outcomesOf('redis'), source: outcomesOf('source') };

interface Kept {
  readonly entry: Entry;
  /** When the entry was taken from the shared layer, or loaded, in ms since the epoch. */
  readonly keptAt: number;
  /** When it is asked for again, once it is stale, in ms since the epoch. */
  readonly retryAt: number;
}

/** Keeps content in memory, over `shared`, over what `load` returns. */
export function createCache(options: CacheOptions): Cache {
  const { ttl, stale: staleTime, negativeTtl, maxBytes = 32 * 1024 * 1024, shared, log, metrics } = options;
  const memory = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ entry }, key) => (entry.content?.body.length ?? 0) + key.length + overhead,
  });
  const filling = new Map<string, Promise<Entry>>();
  shared?.onInvalidated((key) => {
    if (key !== undefined) return forget(key);
    memory.clear();
    filling.clear();
  });

  const count = (layer: Layer, outcome: Outcome): void => metrics?.add('CacheReads', 1, reads[layer][outcome]);

  /** A fill that is under way may have read what is no longer true: nobody joins it any more, and it keeps nothing. */
  function forget(key: string): void {
    memory.delete(key);
    filling.delete(key);
  }

  function entryOf(content: Content | undefined): Entry {
    const now = Date.now();
    const freshUntil = now + (content === undefined ? negativeTtl : ttl) * (1 - Math.random() / 10);
    return { content, freshUntil, staleUntil: content === undefined ? freshUntil : freshUntil + staleTime };
  }

  /** Fills memory; calls for one key share one fill. */
  function fill(key: string, load: Load, stale?: Entry): Promise<Entry> {
    const underWay = filling.get(key);
    if (underWay !== undefined) return underWay;
    const finding = find(key, load, stale);
    filling.set(key, finding);
    const end = (entry?: Entry): void => {
      if (filling.get(key) !== finding) return;
      filling.delete(key);
      const now = Date.now();
      if (entry) memory.set(key, { entry, keptAt: now, retryAt: entry.freshUntil > now ? 0 : now + retryAfter });
    };
    finding.then(end, () => end());
    return finding;
  }

  /** Takes the entry from the shared layer, or loads it if it is this task's turn. Nobody waits if something stale is left. */
  async function find(key: string, load: Load, kept: Entry | undefined): Promise<Entry> {
    let stale = kept;
    const deadline = Date.now() + maxWait;
    while (shared?.isAvailable() && Date.now() < deadline) {
      const turn = await shared.take(key).catch(unavailable);
      if (turn === undefined) break;
      if ('entry' in turn) {
        count('redis', 'hit');
        return turn.entry;
      }
      stale = turn.stale ?? stale;
      if (turn.token !== undefined) {
        count('redis', usable(stale) ? 'stale' : 'miss');
        const loading = loadForAll(shared, key, turn.token, load, stale);
        if (kept !== undefined || !usable(stale)) return loading;
        loading.catch(refreshFailed);
        return stale;
      }
      if (usable(stale)) {
        count('redis', 'stale');
        return stale;
      }
      await timers.setTimeout(pollInterval * (0.5 + Math.random()));
    }
    return loaded(load, stale);
  }

  async function loadForAll(layer: SharedCache, key: string, token: number, load: Load, stale: Entry | undefined) {
    const release = () => layer.release(key, token);
    const entry = await loaded(load, stale, release);
    if (entry !== stale) await layer.store(key, token, entry).catch(unavailable);
    return entry;
  }

  async function loaded(load: Load, stale: Entry | undefined, onFailure?: () => Promise<void>): Promise<Entry> {
    try {
      const content = await load();
      count('source', content === undefined ? 'miss' : 'hit');
      return entryOf(content);
    } catch (error) {
      count('source', 'error');
      await onFailure?.().catch(unavailable);
      if (!usable(stale)) throw error;
      log?.warn({ err: error }, 'a load failed, stale content is used');
      return stale;
    }
  }

  function refreshFailed(err: unknown): void {
    log?.warn({ err }, 'stale content could not be loaded again');
  }

  function unavailable(err: unknown): undefined {
    log?.warn({ err }, 'the shared cache is not available');
  }

  return {
    async get(key, load) {
      const found = memory.get(key);
      const now = Date.now();
      const trusted =
        !shared || shared.isListening() || !shared.isAvailable() || now - (found?.keptAt ?? 0) < unheardTrust;
      if (found === undefined || !trusted || !usable(found.entry)) {
        count('memory', 'miss');
        return (await fill(key, load)).content;
      }
      count('memory', found.entry.freshUntil > now ? 'hit' : 'stale');
      if (found.entry.freshUntil <= now && now >= found.retryAt && !filling.has(key))
        fill(key, load, found.entry).catch(refreshFailed);
      return found.entry.content;
    },
    async invalidate(key) {
      forget(key);
      await shared?.invalidate(key);
      forget(key);
    },
  };
}

const usable = (entry: Entry | undefined): entry is Entry => entry !== undefined && entry.staleUntil > Date.now();
