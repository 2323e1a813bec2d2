import { METHODS, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';
import type { App } from './app.ts';
import { Problem, type FieldError } from './problem.ts';

/** Makes the app respond to every error with a problem document. */
export function handleErrors(app: App): void {
  const allowed = collectMethods(app);

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = isIncomplete(error, request) ? new Problem(408, undefined, incomplete) : toProblem(error);
    if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
    return sendProblem(problem, request, reply);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const methods = allowed(path);
    const problem =
      methods.length === 0
        ? new Problem(404, undefined, { detail: `No resource at ${path}` })
        : new Problem(405, undefined, {
            detail: `${path} does not support ${request.method}, only ${methods.join(', ')}`,
            headers: { allow: methods.join(', ') },
          });
    return sendProblem(problem, request, reply);
  });
}

/**
 * Node uses the first of several `Host` headers, another hop may use the last (RFC 9112, 3.2, demands a 400); and a target that is
 * a URL names a host of its own, which Node ignores (3.2.2).
 * @throws Problem 400 if there is more than one host
 */
export function refuseTwoHosts({ rawHeaders, url = '' }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw new Problem(400, undefined, { detail: 'The request has more than one Host header.' });
  if (!url.startsWith('/')) throw new Problem(400, undefined, { detail: 'The target of the request is not a path.' });
}

/** Responds to bytes that Node's parser rejects, which never become a request. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const problem = new Problem(parserStatus[error.code ?? ''] ?? 400);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

const parserStatus: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Sends a problem as the response. */
export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  if (problem.status === 413) discardBody(request, reply);
  return (
    reply
      .code(problem.status)
      // Nothing between here and the client may give one client's error to another.
      .headers({ 'cache-control': 'no-store', ...problem.headers })
      .type('application/problem+json')
      .serializer(JSON.stringify)
      .send({ ...problem.toJSON(), requestId: request.id })
  );
}

/**
 * Fastify closes the connection after a body over the limit. That resets it while the client is still sending, and its load
 * balancer then responds with 502. Instead, the rest of the body is read and discarded, up to `requestTimeout`.
 */
function discardBody(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection');
  request.raw.resume();
}

/** Whether the handler timed out because the client has not sent the whole body: no fault of the service, as a 503 is. */
const isIncomplete = ({ code }: FastifyError, { raw }: FastifyRequest): boolean =>
  code === 'FST_ERR_HANDLER_TIMEOUT' && !raw.complete;

const incomplete = {
  detail: 'The body of the request did not arrive in time.',
  headers: { connection: 'close' },
};

/** Returns what a client may see of an error: no details if the client did not cause it. */
function toProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error.validation) {
    const errors = error.validation.flatMap((fault) => toFieldErrors(fault, error.validationContext));
    return new Problem(400, 'Invalid request', {
      detail: 'The request does not match the schema of this path.',
      errors,
    });
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
  if (keyword === 'additionalProperties') return within(params['additionalProperties'], 'is not a known field');
  // Accompanies `additionalProperties`, which is more specific.
  if (keyword === 'boolean') return [];
  return [{ field: at === '' ? part : at, detail: message ?? 'is not valid' }];
}

/** Collects the routes of the app; the function returned looks up the methods that a path supports. */
function collectMethods(app: App): (path: string) => string[] {
  const routes = findMyWay();
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) {
      if (!routes.hasRoute(name as findMyWay.HTTPMethod, url)) routes.on(name as findMyWay.HTTPMethod, url, () => {});
    }
  });
  return (path) => METHODS.filter((method) => routes.find(method as findMyWay.HTTPMethod, path) !== null);
}
