/** Jest's global teardown of the integration tests: stops the servers that `servers.ts` started. */
export default async function stopServers(): Promise<void> {
  await (globalThis as { stopTestServers?: () => Promise<void> }).stopTestServers?.();
}
