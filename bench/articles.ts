/**
 * The articles' own code as a server: Express, `ioredis`, `JSON.parse`, `res.json`. It reads what to serve from Redis, and
 * never has to ask a database. Prints its port.
 */
import express from 'express';
import { Redis } from 'ioredis';

const redis = new Redis(process.env['REDIS_URL'] as string);
const app = express();

async function cached(key: string): Promise<unknown> {
  const text = await redis.get(key);
  return text === null ? undefined : (JSON.parse(text) as unknown);
}

app.get('/api/products', async (_request, response) => {
  response.json(await cached('products'));
});
app.get('/api/products/:id', async (request, response) => {
  response.json(await cached(`product:${request.params.id}`));
});
app.get('/', async (_request, response) => {
  response.type('html').send(await redis.get('home'));
});

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as { port: number }).port);
});
