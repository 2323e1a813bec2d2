import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** Number of connections that it has accepted. */
  accepted(): number;
  /**
   * Forwards nothing more on the connections there are, and closes none of them, as when the other end has lost its power.
   * New connections are forwarded.
   */
  silence(): void;
  /** Accepts connections and forwards nothing, as a server that hangs, until `resume`. */
  hang(): void;
  /** Forwards new connections again. */
  resume(): void;
  /** Closes all connections and stops listening. */
  stop(): Promise<void>;
}

/** Starts a TCP proxy on localhost in front of `host:port`. */
export async function startProxy(target: string): Promise<Proxy> {
  const [host, port] = target.split(':') as [string, string];
  const sockets = new Set<Socket>();
  let accepted = 0;
  let hanging = false;
  const server = createServer((near) => {
    accepted += 1;
    if (hanging) {
      sockets.add(near.on('error', () => {}));
      return;
    }
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.pipe(far).pipe(near);
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const silence = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    silence,
    hang() {
      hanging = true;
      silence();
    },
    resume() {
      hanging = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      // The other end takes a moment to notice.
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  };
}
