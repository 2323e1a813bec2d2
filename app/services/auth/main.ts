import { createServer } from 'node:http';

createServer((_request, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ status: 'ok', uptime: process.uptime() }));
}).listen(Number(process.env.PORT), process.env.HOST);
