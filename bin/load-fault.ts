import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Returns why a file of the repository could not be loaded, as `file:line: reason`, with the source lines that Node shows
 * for it. Node keeps the place of a syntax error only in the stack: https://nodejs.org/api/errors.html#errorstack.
 * @param root folder that files are named from
 */
export function loadFault(error: Error, root: string): string {
  const place = importPlace(error) ?? syntaxPlace(error) ?? framePlace(error, root);
  const reason = error.message.split(/ imported from |\n/)[0]!.replace(`${root}/`, '');
  if (!place) return reason;
  const { file, line, excerpt } = place;
  const name = relative(root, file);
  return `${name}${line === undefined ? '' : `:${line}`}: ${reason}${excerpt ? `\n${excerpt}` : ''}`;
}

interface Place {
  /** Absolute path. */
  readonly file: string;
  readonly line?: number;
  readonly excerpt?: string;
}

/** A module or package that is not found: Node names the importing file, and for a file the URL it looked for. */
function importPlace(error: Error & { readonly url?: string }): Place | undefined {
  const file = / imported from (.+)$/m.exec(error.message)?.[1];
  if (file === undefined || !isAbsolute(file)) return undefined;
  const name = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
  const isMissing = (specifier: string): boolean =>
    name === undefined
      ? error.url !== undefined && URL.parse(specifier, pathToFileURL(file).href)?.href === error.url
      : specifier === name || specifier.startsWith(`${name}/`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((text) => {
    const specifier = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/.exec(text)?.[1];
    return specifier !== undefined && isMissing(specifier);
  });
  return index < 0 ? { file } : { file, line: index + 1, excerpt: lines[index] };
}

/** A syntax error, or a name that the imported module does not export: the stack starts with the place and the source. */
function syntaxPlace({ name, stack = '' }: Error): Place | undefined {
  const start = /^(file:\/\/.+):(\d+)\n/.exec(stack);
  if (!start) return undefined;
  const [head, url, line] = start;
  const source = stack.slice(head.length).split(`\n${name}`)[0]!;
  return { file: fileURLToPath(url!), line: Number(line), excerpt: source.trimEnd() };
}

/** An error thrown while a file is evaluated: the first stack frame in the repository. */
function framePlace({ stack = '' }: Error, root: string): Place | undefined {
  for (const [, url, line] of stack.matchAll(/(file:\/\/[^\s)]+):(\d+):\d+/g)) {
    const file = fileURLToPath(url!);
    if (file.startsWith(root) && !file.includes('/node_modules/')) return { file, line: Number(line) };
  }
  return undefined;
}
