import { expect, test } from '@jest/globals';
import type { ClientBase } from 'pg';
import { ensureRole } from '../../../lambda/migrate/roles.ts';

test('no statement contains the password in clear text, which logs and Performance Insights would show', async () => {
  const statements: string[] = [];
  const query = async (text: string) => {
    statements.push(text);
    return { rowCount: 0 };
  };
  await ensureRole({ query } as unknown as ClientBase, { name: 'orders', password: 'hunter2' });
  expect(statements.join('\n')).toContain("LOGIN PASSWORD 'SCRAM-SHA-256$4096:");
  expect(statements.join('\n')).not.toContain('hunter2');
});
