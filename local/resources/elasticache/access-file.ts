import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Access } from './redis-access.ts';

/** Writes the ACL file of a server, which the server reads when it starts, and returns its path. */
export async function writeAccess(dir: string, { users }: Access): Promise<string> {
  const file = join(dir, 'users.acl');
  const lines = users.map(({ name, rules }) => ['user', name, ...rules].join(' '));
  await writeFile(`${file}.new`, `${lines.join('\n')}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}

/**
 * Changes who may sign in to a running server. Connections stay, as on AWS; `ACL LOAD` would close them.
 *
 * @param ca PEM of the CA that signed the server's certificate
 */
export async function changeAccess({ port, ca }: { port: number; ca: string }, access: Access): Promise<void> {
  // Imported here: only a change needs it, and the runtime starts sooner without it.
  const { Redis } = await import('ioredis');
  const { user: username, password } = access.operator;
  const client = new Redis({
    host: 'localhost',
    port,
    username,
    password,
    tls: { ca },
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    retryStrategy: null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (const { name, rules } of access.users) await client.call('ACL', 'SETUSER', name, ...rules);
    const names = new Set(access.users.map(({ name }) => name));
    const gone = ((await client.call('ACL', 'USERS')) as string[]).filter((name) => !names.has(name));
    if (gone.length > 0) await client.call('ACL', 'DELUSER', ...gone);
  } finally {
    client.disconnect();
  }
}
