import type { FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { sendProblem } from '../errors.ts';
import { OverloadError } from '../problem.ts';
import { createAdmission } from './admission.ts';
import { priorities, priorityOf, type Priority } from './priority.ts';

const refused = new WeakMap<FastifyRequest, Priority>();

/** Returns the priority of a request that was refused for overload; undefined for any other. */
export const shedAs = (request: FastifyRequest): Priority | undefined => refused.get(request);

/**
 * Answers requests over what the task can do with a 503, before anything is done for them. Health checks are always answered.
 * Must be called before other hooks are added.
 */
export function shedOverload(app: App): void {
  const admission = createAdmission(priorities.length, now());
  let turnEnds = false;
  const endTurn = () => {
    const next = admission.endTurn(now());
    turnEnds = next !== 'done';
    if (next === 'next turn') setImmediate(endTurn);
    if (next === 'pause') setTimeout(endTurn, 1);
  };

  app.addHook('onRequest', (request, reply, done) => {
    const priority = priorityOf(request);
    if (priority === 'health') return done();
    if (!turnEnds) {
      turnEnds = true;
      admission.startTurn(now());
      // Runs at the end of the turn, after all requests that have arrived.
      setImmediate(endTurn);
    }
    admission.admit(priorities.indexOf(priority), {
      begin: done,
      refuse() {
        refused.set(request, priority);
        // Neither thrown nor logged: there may be thousands a second.
        void sendProblem(overload, request, reply.header('x-request-id', request.id));
      },
    });
  });
  app.addHook('onResponse', (request, _reply, done) => {
    // Health checks are few.
    if (!refused.has(request)) admission.ended();
    done();
  });
}

const now = () => ({ timeMs: performance.now(), idleMs: performance.nodeTiming.idleTime });

const overload = new OverloadError('More requests arrive than this task can serve', undefined);
