// Loaded into each task that is a process. In a container, a server that listens on all interfaces is reached by the load
// balancer only; here it would be open to the network that this machine is in.
'use strict';

const { Server } = require('node:net');

const listen = Server.prototype.listen;
const loopback = '127.0.0.1';
const isAll = (host) => host === undefined || host === null || ['', '0.0.0.0', '::', '[::]'].includes(host);
const isPort = (value) => ['number', 'string'].includes(typeof value) && Number.isInteger(Number(value));

/** The forms are those of https://nodejs.org/docs/latest-v24.x/api/net.html#serverlisten */
Server.prototype.listen = function listenOnLoopback(...args) {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    if (first.port !== undefined && isAll(first.host)) args[0] = { ...first, host: loopback };
  } else if (first === undefined || first === null || typeof first === 'function') {
    args = [0, loopback, ...args.filter((each) => typeof each === 'function')];
  } else if (isPort(first)) {
    if (typeof second === 'string' || second === undefined || second === null) {
      if (isAll(second)) args[1] = loopback;
    } else args.splice(1, 0, loopback);
  }
  return Reflect.apply(listen, this, args);
};
