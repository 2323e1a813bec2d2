import { METHODS } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';
import { Problem, type FieldError } from './problem.ts';
import type { App } from './server.ts';

/** Answers every error of the app as a problem document. */
export function handleErrors(app: App): void {
  const allowed = collectMethods(app);

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
    return send(problem, request, reply);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const methods = allowed(path);
    const problem =
      methods.length === 0
        ? new Problem(404, undefined, { detail: `Nothing is served at ${path}` })
        : new Problem(405, undefined, {
            detail: `${request.method} is not served at ${path}, but ${methods.join(', ')}`,
            headers: { allow: methods.join(', ') },
          });
    return send(problem, request, reply);
  });
}

/** Answers what Node's parser refuses and so never becomes a request. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const problem = new Problem(parserStatus[error.code ?? ''] ?? 400);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

const parserStatus: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  if (problem.status === 413) discardBody(request, reply);
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({ ...problem.toJSON(), requestId: request.id });
}

/**
 * Fastify closes the connection after a body over the limit, which resets it under a client that is still sending: its
 * load balancer then answers 502. The rest is read and thrown away instead, for as long as `requestTimeout` allows.
 */
function discardBody(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection');
  request.raw.resume();
}

/** What a client may know of an error: nothing of one that is no fault of the client. */
function toProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error.validation) {
    const errors = error.validation.flatMap((fault) => toFieldErrors(fault, error.validationContext));
    return new Problem(400, 'Invalid request', { detail: 'The request is not what this path takes.', errors });
  }
  const status = error.statusCode ?? 500;
  return status < 500 ? new Problem(status, undefined, { detail: error.message }) : new Problem(status);
}

type Fault = NonNullable<FastifyError['validation']>[number];

function toFieldErrors({ keyword, instancePath, params, message }: Fault, part = 'request'): FieldError[] {
  const at = instancePath.slice(1);
  const within = (names: unknown, detail: string) =>
    (names as string[]).map((name) => ({ field: at === '' ? name : `${at}/${name}`, detail }));
  if (keyword === 'required') return within(params['requiredProperties'], 'is required');
  if (keyword === 'additionalProperties') return within(params['additionalProperties'], 'is not known here');
  // Comes along with `additionalProperties`, which says more.
  if (keyword === 'boolean') return [];
  return [{ field: at === '' ? part : at, detail: message ?? 'is not valid' }];
}

/** Remembers the routes of the app; answers the methods that a path is served with. */
function collectMethods(app: App): (path: string) => string[] {
  const routes = findMyWay();
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) {
      if (!routes.hasRoute(name as findMyWay.HTTPMethod, url)) routes.on(name as findMyWay.HTTPMethod, url, () => {});
    }
  });
  return (path) => METHODS.filter((method) => routes.find(method as findMyWay.HTTPMethod, path) !== null);
}
