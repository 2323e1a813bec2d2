// Loaded into each task that runs Node. On AWS, a server that listens on all interfaces is reached by the load balancer
// only; here it would be open to the network that this machine is in.
'use strict';

const { Server } = require('node:net');

const listen = Server.prototype.listen;
/** Returns the host if it is of the loopback interface, else one that is: there are many names of all interfaces. */
const toLoopback = (host) => (/^(?:localhost$|127\.|::1$)/i.test(String(host)) ? host : '127.0.0.1');
const isPort = (value) => ['number', 'string'].includes(typeof value) && Number.isInteger(Number(value));

/** The forms are those of https://nodejs.org/docs/latest-v24.x/api/net.html#serverlisten */
Server.prototype.listen = function listenOnLoopback(...args) {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    // Without a value, the property makes Node choose a port.
    if ('port' in first) args[0] = { ...first, host: toLoopback(first.host) };
  } else if (first === undefined || first === null || typeof first === 'function') {
    args = [0, toLoopback(second), ...args.filter((each) => typeof each === 'function')];
  } else if (isPort(first)) {
    if (typeof second === 'string' || second === undefined || second === null) args[1] = toLoopback(second);
    else args.splice(1, 0, toLoopback());
  }
  return Reflect.apply(listen, this, args);
};
