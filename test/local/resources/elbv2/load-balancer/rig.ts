import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { forwardTo, type Action } from '../../../../../local/resources/elbv2/load-balancer/actions.ts';
import {
  createLoadBalancer,
  type LoadBalancerAttributes,
} from '../../../../../local/resources/elbv2/load-balancer/load-balancer.ts';
import { createRouter } from '../../../../../local/resources/elbv2/load-balancer/router.ts';
import {
  createTargetGroup,
  type TargetGroup,
  type TargetGroupOptions,
} from '../../../../../local/resources/elbv2/load-balancer/target-group.ts';

/** Real servers on loopback, and a load balancer in front of them; `stop` ends whatever was started. */
export function createRig() {
  const stops: (() => void | Promise<void>)[] = [];

  async function backend(handler: RequestListener, options = {}): Promise<{ server: Server; port: number }> {
    const server = createServer(options, (request, response) => {
      if (request.url === '/health') response.end('ok');
      else handler(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { server, port: (server.address() as AddressInfo).port };
  }

  function group(more: Partial<TargetGroupOptions> = {}): TargetGroup {
    const created = createTargetGroup({
      healthCheck: {
        path: '/health',
        intervalMs: 60_000,
        timeoutMs: 1000,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
        matcher: (status) => status === 200,
      },
      algorithm: 'round_robin',
      deregistrationDelayMs: 2000,
      slowStartMs: 0,
      ...more,
    });
    stops.push(() => created.stop());
    return created;
  }

  async function balancer(action: Action, more: Partial<LoadBalancerAttributes> = {}, isUp = (): boolean => true) {
    const created = createLoadBalancer(
      'test',
      {
        idleTimeoutMs: 60_000,
        dropInvalidNames: false,
        forwardedFor: 'append',
        clientPort: false,
        ...more,
      },
      new PassThrough().resume(),
      isUp,
    );
    const router = createRouter(action);
    const listener = created.addListener(80, router);
    const port = await listener.listen(0);
    stops.push(() => listener.close(0));
    return { ...created, listener, router, port };
  }

  return {
    backend,
    group,
    balancer,
    /** One group with a healthy target for each handler, behind a load balancer. */
    async balanced(handlers: RequestListener[], groupOptions = {}, attributes = {}) {
      const targets = group(groupOptions);
      for (const [index, handler] of handlers.entries()) {
        const { port } = await backend(handler);
        targets.register({ id: `t${index}`, host: '127.0.0.1', port });
      }
      await until(() => targets.targets().every(({ health }) => health === 'healthy'));
      return { group: targets, ...(await balancer(forwardTo([{ group: targets, weight: 1 }]), attributes)) };
    },
    async stop() {
      for (const each of stops.splice(0).toReversed()) await each();
    },
  };
}

export async function until(condition: () => boolean, withinMs = 3000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still false after ${withinMs} ms: ${String(condition)}`);
    await sleep(2);
  }
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request whose headers are sent exactly as given, which fetch does not allow. */
export function send(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
    localAddress,
  }: { method?: string; headers?: Record<string, string>; body?: string; localAddress?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const read = async (incoming: IncomingMessage): Promise<Answer> => {
      const chunks = await incoming.toArray();
      return { status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks).toString() };
    };
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers, localAddress, agent: false });
    outgoing.on('response', (incoming) => void read(incoming).then(resolve, reject));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends bytes that no HTTP client would send. Resolves with all that is received until the connection closes. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  await once(socket, 'close');
  return received;
}
