import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { headerValues } from '../http/headers.ts';
import { foreignHost, isLoopbackHost, isLoopbackOrigin } from '../http/loopback.ts';
import { problemPage } from '../http/problem-page.ts';
import { corsHeaders, findCorsRule, type CorsRule } from './cors-rules.ts';
import { serviceOf } from './service-of.ts';

interface GuardOptions {
  /** The endpoint's own URL. */
  readonly url: string;
  readonly edgePort: number;
  readonly corsRules: (bucket: string) => readonly CorsRule[];
}

/**
 * Refuses the requests of web pages, which every page that is open in a browser of this machine can send to 127.0.0.1. The
 * endpoint does not check signatures, so it would obey them. SDKs and the AWS CLI send neither `Origin` nor `Sec-Fetch-Site`.
 *
 * Two kinds of pages may use S3, and nothing else: those of an origin that the bucket's CORS rules allow, and those of the
 * edge, which may upload with a form (a presigned POST) and read the response: the templates do not know the edge's port.
 */
export function guardBrowsers(app: FastifyInstance, { url, edgePort, corsRules }: GuardOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const { headers } = request;
    const hosts = headerValues(request.raw.rawHeaders, 'host');
    if (hosts.length > 1) return refuse(reply, 400, `The request has ${hosts.length} Host headers; send one.`);
    if (!isLoopbackHost(headers.host)) return refuse(reply, 403, foreignHost(headers.host, url));
    const { origin } = headers;
    if (origin !== undefined) return checkOrigin(request, reply, origin);
    if (headers['sec-fetch-site'] !== 'cross-site') return undefined;
    return refuse(reply, 403, 'A web page of another site sent this request (Sec-Fetch-Site is "cross-site").');
  });

  // After the body has been read: it can name another service than the path.
  app.addHook('preHandler', async (request, reply) => {
    if (!isOfPage(request)) return undefined;
    const service = request.url.startsWith('/_aws/') ? 'ses' : serviceOf(request);
    return service === 's3' ? undefined : refuse(reply, 403, `A web page must not use the service ${service}.`);
  });

  function checkOrigin(request: FastifyRequest, reply: FastifyReply, origin: string): FastifyReply | undefined {
    const isPreflight = request.method === 'OPTIONS';
    const [, bucket = ''] = /^\/([^/?]+)/.exec(request.url) ?? [];
    const wanted = {
      origin,
      method: isPreflight ? String(request.headers['access-control-request-method']) : request.method,
      headers: (request.headers['access-control-request-headers'] ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    };
    const rule = findCorsRule(corsRules(bucket), wanted);
    if (rule !== undefined) {
      reply.headers(corsHeaders(rule, wanted));
      return isPreflight ? reply.code(200).send() : undefined;
    }
    if (bucket !== '' && isLoopbackOrigin(origin, edgePort) && isForm(request)) {
      reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
      return undefined;
    }
    return refuse(
      reply,
      403,
      `A web page of ${origin} sent this request. Only pages of an origin that the CORS rules of the bucket allow may ` +
        `send ${wanted.method} to it, and those of the edge (port ${edgePort}) may upload with a form.`,
    );
  }
}

/**
 * Returns whether a page sent the request. A GET of a page to its own origin has no `Origin`, and an uploaded page that is
 * opened from its bucket has the origin of the endpoint. `none` is a URL that a person typed.
 */
const isOfPage = ({ headers: { origin, 'sec-fetch-site': site = 'none' } }: FastifyRequest): boolean =>
  origin !== undefined || site !== 'none';

const isForm = ({ method, headers }: FastifyRequest): boolean =>
  method === 'POST' && headers['content-type']?.startsWith('multipart/form-data') === true;

function refuse(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const { headers, body } = problemPage(status, detail);
  for (let at = 0; at < headers.length; at += 2) reply.header(headers[at]!, headers[at + 1]!);
  return reply.code(status).send(body);
}
