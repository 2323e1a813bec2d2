import { createHash } from 'node:crypto';
import { createServer } from '../../../../app/kit/server.ts';

/**
 * A service for overload.integration.test.ts, whose routes each keep the event loop busy for some milliseconds. With the argument
 * `unlimited`, nothing is refused. Tells its parent its port, and then, when asked, the CPU time that it has used.
 */
const bytes = Buffer.alloc(4_000_000);
const work = async () => ({ digest: createHash('sha256').update(bytes).digest('hex') });
const isUnlimited = process.argv.includes('unlimited');

const app = createServer({ name: 'busy' });
app.get('/browse', { config: { ...(isUnlimited && { priority: 'health' }) } }, work);
app.get('/pay', { config: { priority: isUnlimited ? 'health' : 'payment' } }, work);
const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
process.send?.(Number(port));
process.on('message', () => process.send?.(process.cpuUsage()));
