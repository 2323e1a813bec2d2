import type { Ports } from '../../host/ports.ts';

/** Returns the port of 127.0.0.1 for a listener of a load balancer, by the port that the template states. */
export type ListenerPorts = (loadBalancerArn: string, port: number) => Promise<number>;

/** The port is the same at each start, and while the system runs: a listener that is replaced takes it again. */
export function createListenerPorts(ports: Ports): ListenerPorts {
  const reserved = new Map<string, Promise<number>>();
  return (loadBalancerArn, port) => {
    // Names are not unique: they are generated from logical ids, which repeat over stacks.
    const name = `${loadBalancerArn}/${port}`;
    const known = reserved.get(name) ?? ports.reserve(name, port === 80 ? 8000 : 8001);
    reserved.set(name, known);
    return known;
  };
}
