import { expect, test } from '@jest/globals';
import type { ClientBase } from 'pg';
import { provideRole } from '../../../lambda/migrate/roles.ts';

test('no statement carries the password in clear, where logs and Performance Insights would show it', async () => {
  const statements: string[] = [];
  const query = async (text: string) => {
    statements.push(text);
    return { rowCount: 0 };
  };
  await provideRole({ query } as unknown as ClientBase, { name: 'orders', password: 'hunter2' });
  expect(statements.join('\n')).toContain("login password 'SCRAM-SHA-256$4096:");
  expect(statements.join('\n')).not.toContain('hunter2');
});
