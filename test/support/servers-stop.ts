/** Jest's global tear-down of the integration tests: ends what `servers.ts` started. */
export default async function stopServers(): Promise<void> {
  await (globalThis as { stopTestServers?: () => Promise<void> }).stopTestServers?.();
}
