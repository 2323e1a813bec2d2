import { randomUUID } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import { Type } from 'typebox';
import { handleErrors, refuseMalformed } from './errors.ts';
import type { Logger } from './log.ts';
import { publishOpenApi } from './openapi.ts';
import { validatorCompiler } from './validate.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** How long a stopping server waits for requests under way before it cuts them, in ms. */
const drainTimeout = 7_000;

/** An HTTP server with all that services share; times in ms, sizes in bytes. Logs nothing without a logger. */
export function createServer(options: {
  name: string;
  logger?: Logger;
  /** @default 64 KiB */
  bodyLimit?: number;
}): App {
  const logger: FastifyBaseLogger | undefined = options.logger;
  const app: App = fastify({
    ...(logger && { loggerInstance: logger }),
    bodyLimit: options.bodyLimit ?? 64 * 1024,
    requestTimeout: 10_000,
    handlerTimeout: 10_000,
    // Longer than the 60 s of the load balancer, so that it is never the server that closes first.
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    trustProxy: isPrivate,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    // Given here, it keeps Fastify from loading Ajv's compiler; the type, unlike Fastify, wants one of Ajv.
    schemaController: { compilersFactory: { buildValidator: (() => validatorCompiler) as never } },
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => app.errorHandler(error, request, reply),
  });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    // The load balancer says how the CDN came to it, which is never by TLS; the CDN says how the viewer came.
    const viewerProtocol = request.headers['cloudfront-forwarded-proto'];
    if (viewerProtocol !== undefined) request.headers['x-forwarded-proto'] = viewerProtocol;
  });
  handleErrors(app);
  drainOnClose(app);
  publishOpenApi(app, options.name);
  app.get(
    '/api/health',
    {
      logLevel: 'silent',
      schema: { response: { 200: Type.Object({ status: Type.Literal('ok'), uptime: Type.Number() }) } },
    },
    async () => ({ status: 'ok' as const, uptime: process.uptime() }),
  );
  return app;
}

/** A request keeps the id it comes with, if that is safe to log and to send on. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:=-]{1,128}$/.test(given) ? given : randomUUID();
}

const privateAddresses = new BlockList();
privateAddresses.addSubnet('127.0.0.0', 8);
privateAddresses.addSubnet('10.0.0.0', 8);
privateAddresses.addSubnet('172.16.0.0', 12);
privateAddresses.addSubnet('192.168.0.0', 16);
privateAddresses.addAddress('::1', 'ipv6');
privateAddresses.addSubnet('fc00::', 7, 'ipv6');

/** Only what is inside the VPC, such as the load balancer, is believed in what it forwards. */
function isPrivate(address: string): boolean {
  return privateAddresses.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** While closing, requests on open connections are still answered, each as the last one of its connection. */
function drainOnClose(app: App): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => app.server.closeAllConnections(), drainTimeout).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) void reply.header('connection', 'close');
  });
}
