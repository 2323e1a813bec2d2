import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Returns the processes whose command line contains a text, without this process. */
export function processesWith(text: string): Process[] {
  return processes().filter(({ pid, command }) => pid !== process.pid && command.includes(text));
}

/** Returns the ids of all descendants of a process. */
export function descendants(pid: number): number[] {
  const all = processes();
  const found = [pid];
  for (const parent of found) found.push(...all.filter((each) => each.parent === parent).map((child) => child.pid));
  return found.slice(1);
}

/** Does nothing if the process has ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const processes = (): Process[] => (process.platform === 'linux' ? fromProc() : fromPs());

/** Minimal Linux images have no `ps`. */
function fromProc(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the command in parentheses and may contain spaces, the fourth the parent: proc_pid_stat(5).
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(pid), parent, command }];
    } catch {
      // The process has ended since the listing.
      return [];
    }
  });
}

function fromPs(): Process[] {
  const lines = execFileSync('ps', ['-axwwo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
