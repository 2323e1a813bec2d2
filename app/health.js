// The container's health check: sends the same request as the load balancer.
const response = await fetch(`http://127.0.0.1:${process.env.PORT}/api/health`, {
  signal: AbortSignal.timeout(4000),
}).catch(() => undefined);
process.exitCode = response?.ok ? 0 : 1;
