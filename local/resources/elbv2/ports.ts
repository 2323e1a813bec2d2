import type { Ports } from '../../host/ports.ts';

/** Returns the port of 127.0.0.1 for a listener of a load balancer, by the port that the template states. */
export type ListenerPorts = (loadBalancer: string, port: number) => Promise<number>;

/** The port is the same at each start, and while the system runs: a listener that is replaced takes it again. */
export function createListenerPorts(ports: Ports): ListenerPorts {
  const reserved = new Map<string, Promise<number>>();
  return (loadBalancer, port) => {
    const name = `load-balancer/${loadBalancer}/${port}`;
    const known = reserved.get(name) ?? ports.reserve(name, port === 80 ? 8000 : 8001);
    reserved.set(name, known);
    return known;
  };
}
