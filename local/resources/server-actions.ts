import { Type } from 'typebox';

import type { SupervisedServer } from '../host/keep-running.ts';
import { action, type Running } from '../kernel/resource.ts';
import { closed } from '../kernel/schema.ts';

const none = Type.Object({}, closed);

/** Returns the actions of a server that is restarted when it ends. */
export const serverActions = (server: SupervisedServer<unknown>): NonNullable<Running['actions']> => ({
  kill: action(none, () => server.kill()),
  restart: action(none, () => server.restart()),
  pause: action(none, () => server.pause()),
  resume: action(none, () => server.resume()),
});
