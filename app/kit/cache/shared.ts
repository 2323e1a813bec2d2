import type { Entry } from './entry.ts';

/** What a task does about a key that it has not in memory. */
export type Turn =
  /** Another task has loaded it. */
  | { readonly entry: Entry; readonly token?: undefined }
  /** This task loads it, and passes `token` when it stores it; `stale` is what is there meanwhile. */
  | { readonly token: number; readonly stale: Entry | undefined }
  /** Another task is loading it. */
  | { readonly token: undefined; readonly stale: Entry | undefined };

/** The layer that all tasks share. A method throws while it is not available, at most after `timeout`. */
export interface SharedCache {
  /** False: do not call it now. */
  isAvailable(): boolean;
  /** False: an invalidation by another task would not arrive. */
  isListening(): boolean;
  take(key: string): Promise<Turn>;
  /** Stores an entry, unless the key was invalidated, or given to another task, since `token` was given out. */
  store(key: string, token: number, entry: Entry): Promise<boolean>;
  /** Lets the next task load a key that this one could not. */
  release(key: string, token: number): Promise<void>;
  /** Removes the key, from the memory of all tasks too. */
  invalidate(key: string): Promise<void>;
  /** Calls `forget` with each key that any task invalidates, and without one when some may have been missed. */
  onInvalidated(forget: (key?: string) => void): void;
}
