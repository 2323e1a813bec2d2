import { connect } from 'node:net';

import type { LaunchedTask } from './task-launcher.ts';

/** Whether something accepts connections at the address. */
export function listens({ host, port }: LaunchedTask['address']): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** What to do about a task that is not found listening. */
export const portHint = (port: number): string =>
  `The process must listen on the port in the variable PORT (${port} for this task), because tasks share one machine.`;
