// The container's health check: sends the request of the load balancer. A busy task may have no time for it. It
// differs from a stopped or dead-locked one by the CPU time that it uses meanwhile.
import { readFileSync } from 'node:fs';

/** How long the task has to respond, in ms. */
const patience = 10_000;
/** CPU time, in ms, that shows that the task works: 1 % of one CPU, more than one uses that waits. */
const work = 100;

// Not `fetch`, nor an import: both load undici, half of the time that this check takes.
const { get } = process.getBuiltinModule('node:http');

const before = cpuTime();
const status = await statusOf(`http://127.0.0.1:${process.env.PORT}/api/health`);
const isBusy = status === undefined && cpuTime() - before >= work;
process.exitCode = status === 200 || isBusy ? 0 : 1;

/** Returns the status of the response; undefined if there is none in time. */
function statusOf(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(patience) }, (response) => {
      response.destroy();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
  });
}

/** Returns the CPU time in ms that all threads of the task have used; 0 where there is no /proc. */
function cpuTime() {
  try {
    // In a container the task is process 1. Fields 14 and 15 of proc_pid_stat(5), in hundredths of a second, are the 12th
    // and 13th after the name, which may have blanks.
    const stat = readFileSync(`/proc/${process.env.TASK_PID ?? 1}/stat`, 'utf8');
    const [user, system] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14);
    return (Number(user) + Number(system)) * 10;
  } catch {
    return 0;
  }
}
