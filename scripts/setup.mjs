// Brings node_modules in line with package-lock.json. Plain JavaScript: it runs on whatever Node the machine has,
// before the Node of this project (the dev dependency `node`) is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ownNode = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

function packages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** What npm installed is written in the hidden lock file; optional packages of other platforms are rightly absent. */
function isInstalled() {
  const wanted = packages('package-lock.json');
  const installed = packages('node_modules/.package-lock.json');
  if (!wanted || !installed || !existsSync(ownNode)) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional),
  );
}

if (!isInstalled()) {
  const started = Date.now();
  console.error('Installing what package-lock.json names (about a minute the first time) …');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('npm ci failed, see above. With the registry reachable, run the same command again.');
    process.exit(1);
  }
  if (!existsSync(ownNode)) {
    console.error(
      'The package `node` did not install its binary. Its install script must be allowed: check `ignore-scripts` in your npm settings.',
    );
    process.exit(1);
  }
  console.error(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}
