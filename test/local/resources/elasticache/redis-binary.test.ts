import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis } from '../../../../local/resources/elasticache/redis-binary.ts';

let dir: string;
const path = process.env['PATH'];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headroom-redis-binary-'));
  await mkdir(join(dir, 'bin'));
  process.env['PATH'] = join(dir, 'bin');
});
afterEach(async () => {
  process.env['PATH'] = path;
  await rm(dir, { recursive: true, force: true });
});

async function onPath(name: string, script: string): Promise<string> {
  const file = join(dir, 'bin', name);
  await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}
const find = async () => findRedis(join(dir, 'cache'));

test('Valkey is preferred to Redis', async () => {
  await onPath('redis-server', '');
  const command = await onPath('valkey-server', '');
  expect(await find()).toEqual({ command, env: {} });
});

test('without either, the package and its missing libraries are downloaded once, with updated package lists', async () => {
  const fetched = join(dir, 'fetched');
  await onPath(
    'apt-get',
    `while [ "$1" = -o ]; do
      case "$2" in Dir*) [ -d "\${2#*=}" ] || exit 1;; esac
      shift 2
    done
    echo "$1" >> ${fetched}
    case "$1" in
      install)
        echo "'http://deb.example/r/redis-server_7_amd64.deb' redis-server_5%3a7_amd64.deb 74000 SHA256:00"
        echo "'http://deb.example/l/liblzf1_3_amd64.deb' liblzf1_3_amd64.deb 10000 SHA256:00";;
      download)
        shift
        for name; do echo "  $name" >> ${fetched}; touch "$name.deb"; done;;
    esac`,
  );
  await onPath('dpkg-deb', 'mkdir -p "$3/usr/bin" "$3/usr/lib/x86_64-linux-gnu"; touch "$3/usr/bin/redis-server"');
  const expected = {
    command: join(dir, 'cache/redis/usr/bin/redis-server'),
    env: { LD_LIBRARY_PATH: join(dir, 'cache/redis/usr/lib/x86_64-linux-gnu') },
  };
  expect(await find()).toEqual(expected);
  expect(await find()).toEqual(expected);
  expect(await readFile(fetched, 'utf8')).toBe('update\ninstall\ndownload\n  redis-server\n  liblzf1\n');
});

test('an error of apt is reported with the remedy, and the next call tries again', async () => {
  await onPath('apt-get', 'echo "E: Unable to locate package redis-server" >&2; exit 100');
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(find()).rejects.toThrow(/Unable to locate package redis-server\s+Install one: /);
  }
});

test('without apt, the error says how to install a server', async () => {
  await expect(find()).rejects.toThrow(/no valkey-server and no redis-server on PATH. Install one: /);
});
