import { pino } from 'pino';
import { createTask, type Task } from '../../app/kit/task.ts';

/** A task that logs nothing. `stop()` stops the parts that were started with it. */
export const silentTask = <C>(config: C): Task<C> => createTask(config, pino({ level: 'silent' }));
