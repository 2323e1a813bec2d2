import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the assets of a cloud assembly readable for everybody: directories and executable files get the mode 0755, other
 * files 0644. Files keep their mode in images and functions, which run as another user than the one who builds them, and
 * under umask 077 that mode is 0600. CDK's hash of an asset does not contain modes.
 * @see https://repost.aws/knowledge-center/lambda-deployment-package-errors
 */
export function openAssets(assembly: string): void {
  for (const name of readdirSync(assembly)) {
    if (name.startsWith('asset.')) open(join(assembly, name));
  }
}

function open(path: string): void {
  const stats = statSync(path);
  const isDirectory = stats.isDirectory();
  // An executable file stays one.
  const mode = isDirectory || stats.mode & 0o100 ? 0o755 : 0o644;
  if ((stats.mode & 0o777) !== mode) chmodSync(path, mode);
  if (isDirectory) for (const name of readdirSync(path)) open(join(path, name));
}
