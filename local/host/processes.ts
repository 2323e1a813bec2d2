import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The processes whose command line holds a text, but for this one. */
export function processesWith(text: string): { readonly pid: number; readonly command: string }[] {
  return (process.platform === 'linux' ? fromProc() : fromPs()).filter(
    ({ pid, command }) => pid !== process.pid && command.includes(text),
  );
}

/** Small systems have no `ps`. */
function fromProc(): { pid: number; command: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({ pid: Number(pid), command: commandOf(pid) }));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It has ended in between.
    return '';
  }
}

function fromPs(): { pid: number; command: string }[] {
  const lines = execFileSync('ps', ['-axwwo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => ({ pid: Number.parseInt(line, 10), command: line.replace(/^\s*\d+\s+/, '') }));
}
