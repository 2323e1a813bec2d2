import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from '@jest/globals';

/** Synthesizes an environment under a umask. Returns `file` or `directory` and the mode of everything in its assets, by path. */
async function modesUnder(umask: string): Promise<Map<string, string>> {
  const outdir = mkdtempSync(join(tmpdir(), 'headroom-umask-'));
  await promisify(execFile)('sh', ['-c', `umask ${umask}; exec "$0" bin/headroom.ts`, process.execPath], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ env: 'dev' }),
    },
  });
  const paths = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).filter((path) => path.startsWith('asset.'));
  return new Map(
    paths.toSorted().map((path) => {
      const stats = statSync(join(outdir, path));
      return [path, `${stats.isDirectory() ? 'directory' : 'file'} ${(stats.mode & 0o777).toString(8)}`] as const;
    }),
  );
}

test('images and functions can be read by every user whatever the umask, under the same hashes', async () => {
  const [strict, usual] = await Promise.all([modesUnder('077'), modesUnder('022')]);
  expect([...strict]).toEqual([...usual]);
  expect([...strict]).toContainEqual([expect.stringMatching(/^asset\.\w+\/main\.js$/), 'file 644']);
  expect([...strict]).toContainEqual([expect.stringMatching(/^asset\.\w+\/migrations\/orders$/), 'directory 755']);
  expect(new Set(strict.values())).toEqual(new Set(['file 644', 'directory 755']));
});
