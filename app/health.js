// The container's health check: the same question that the load balancer asks.
const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/api/health`, {
  signal: AbortSignal.timeout(4000),
}).catch(() => undefined);
process.exitCode = answer?.ok ? 0 : 1;
