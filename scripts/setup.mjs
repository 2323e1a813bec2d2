// Installs node_modules as package-lock.json states. Plain JavaScript, as it runs on the Node of the machine, before
// the Node of this project (the dev dependency `node`) is installed.
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

/** Compares with npm's hidden lock file. Optional packages may be missing: npm skips those of other platforms. */
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
  console.error('Installing the packages of package-lock.json (about a minute the first time) …');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('npm ci failed, see above. Check that the registry is reachable, then run the same command again.');
    process.exit(1);
  }
  if (!existsSync(ownNode)) {
    console.error(
      'The package `node` did not install its binary. Allow its install script: check `ignore-scripts` in your npm settings.',
    );
    process.exit(1);
  }
  console.error(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}
