import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyBaseLogger } from 'fastify';
import { Type } from 'typebox';
import type { App } from './app.ts';
import { refuseCrossOrigin } from './cross-origin.ts';
import { handleErrors, refuseMalformed, refuseTwoHosts } from './errors.ts';
import { limitRequests } from './limits.ts';
import { loggedTrace, type Logger } from './log.ts';
import { publishOpenApi } from './openapi.ts';
import { shedOverload } from './overload/shed.ts';
import type { LimitRedis } from './redis-limiter.ts';
import { RequestLog } from './request-log.ts';
import { traceRequests } from './telemetry/request-spans.ts';
import { beginTrace, continueTrace, runInTrace, type Trace } from './trace-context.ts';
import { AnyQuery, refuseUnknownParameters, validatorCompiler } from './validate.ts';
import { isPrivate, readViewer } from './viewer.ts';

/** How long a stopping server waits for requests under way before it closes their connections, in ms. */
const drainTimeout = 7_000;

/** Creates the HTTP server that all services share. Times in ms, sizes in bytes. Logs nothing without a `log`. */
export function createServer(options: {
  name: string;
  log?: Logger;
  /** @default 64 KiB */
  bodyLimit?: number;
  /** Where the requests of each client are counted. @default - requests are not limited */
  limits?: LimitRedis;
}): App {
  const log: FastifyBaseLogger | undefined = options.log;
  const traces = new WeakMap<IncomingMessage, Trace>();
  const app: App = fastify({
    ...(log && {
      loggerInstance: log,
      // Fastify's own lines are written outside the trace's asynchronous context, so the request's logger carries it.
      childLoggerFactory: (logger, _bindings, childOptions, request) =>
        Object.assign(logger.child({}, childOptions), { [loggedTrace]: traces.get(request) }),
    }),
    logController: new RequestLog(),
    bodyLimit: options.bodyLimit ?? 64 * 1024,
    requestTimeout: 10_000,
    handlerTimeout: 10_000,
    // Longer than the load balancer's 60 s, so that the server never closes a connection first.
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    trustProxy: isPrivate,
    genReqId: (request) => {
      // First of all: Fastify logs the client's address before any hook.
      const trace = readViewer(request) ? beginTrace(request.headers) : continueTrace(request.headers);
      traces.set(request, trace);
      return trace.requestId;
    },
    // Set here, it keeps Fastify from loading Ajv's compiler; its type demands one of Ajv.
    schemaController: { compilersFactory: { buildValidator: (() => validatorCompiler) as never } },
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => app.errorHandler(error, request, reply),
  });
  app.removeContentTypeParser('text/plain');
  shedOverload(app);
  traceRequests(app, (request) => traces.get(request.raw) as Trace);
  app.addHook('onRequest', (request, _reply, done) => runInTrace(traces.get(request.raw) as Trace, done));
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    refuseTwoHosts(request.raw);
    refuseCrossOrigin(request.raw);
    done();
  });
  if (options.limits) limitRequests(app, options.limits);
  refuseUnknownParameters(app);
  handleErrors(app);
  drainOnClose(app);
  publishOpenApi(app, options.name);
  app.get(
    '/api/health',
    {
      logLevel: 'silent',
      config: { limit: 'none', priority: 'health' },
      schema: {
        querystring: AnyQuery,
        response: { 200: Type.Object({ status: Type.Literal('ok'), uptime: Type.Number() }) },
      },
    },
    async () => ({ status: 'ok' as const, uptime: process.uptime() }),
  );
  return app;
}

/** While closing, requests on open connections are still served, each as the last one on its connection. */
function drainOnClose(app: App): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => app.server.closeAllConnections(), drainTimeout).unref();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done();
  });
}
