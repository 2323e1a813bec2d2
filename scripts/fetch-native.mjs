// Fetches the packages with native code that tasks on AWS run and this machine does not: npm installs those of this machine
// only. Runs after each install, so that a synth needs no network. The lock file has their versions and hashes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

for (const name of ['@img/sharp-linux-arm64', '@img/sharp-libvips-linux-arm64']) {
  const { version, integrity } = packages[`node_modules/${name}`];
  const target = join(root, 'node_modules/.cache/headroom/native', `${name}@${version}`);
  if (existsSync(join(root, 'node_modules', name)) || existsSync(target)) continue;
  mkdirSync(dirname(target), { recursive: true });
  const scratch = mkdtempSync(`${target}-`);
  try {
    const npm = process.env.npm_execpath;
    const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
    const options = { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
    const file = execFileSync(command, [...args, 'pack', `${name}@${version}`, '--silent'], options).trim();
    const hash = `sha512-${createHash('sha512')
      .update(readFileSync(join(scratch, file)))
      .digest('base64')}`;
    if (hash !== integrity)
      throw new Error(`${name}@${version} has the hash ${hash}, but package-lock.json says ${integrity}`);
    execFileSync('tar', ['-xzf', file], { cwd: scratch });
    renameSync(join(scratch, 'package'), target);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
