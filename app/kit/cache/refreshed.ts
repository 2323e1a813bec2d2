import type { Logger } from '../log.ts';

/**
 * Returns a function that loads a value at its first call, and from then on returns it from memory. It is loaded again every
 * `interval` ms in the background; while that fails, the last one stays. A first load that fails is tried at the next call.
 */
export function refreshed<T>(load: () => Promise<T>, interval: number, log?: Logger): () => Promise<T> {
  let value: Promise<T> | undefined;

  async function first(): Promise<T> {
    const loaded = await load();
    setInterval(() => void refresh(), interval).unref();
    return loaded;
  }

  async function refresh(): Promise<void> {
    try {
      value = Promise.resolve(await load());
    } catch (err) {
      log?.warn({ err }, 'a refresh failed, the last value stays');
    }
  }

  return () => {
    value ??= first().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}
