import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

const bundle = import.meta.filename;
let map: SourceMap | 'none' | undefined;

/**
 * Returns a stack trace with the places in the sources, from the root of the repository, instead of those in the bundle. Places in
 * packages stay; so does everything where the code is not bundled. Node's `--enable-source-maps` makes every start slower
 * (decision 48).
 */
export function sourceStack(stack: string): string {
  map ??= readMap();
  if (map === 'none') return stack;
  const found = map;
  return stack.replaceAll(/file:\/\/(\S+):(\d+):(\d+)/g, (place, file: string, line: string, column: string) =>
    file === bundle ? (sourceOf(found, Number(line), Number(column)) ?? place) : place,
  );
}

function readMap(): SourceMap | 'none' {
  const file = `${bundle}.map`;
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload) : 'none';
}

/** Lines and columns begin at 1, as in a stack trace; those of the map begin at 0. Undefined for code of a package. */
function sourceOf(from: SourceMap, line: number, column: number): string | undefined {
  const entry = from.findEntry(line - 1, column - 1);
  if (!('originalSource' in entry) || !entry.originalSource) return undefined;
  const { originalSource, originalLine, originalColumn } = entry;
  return `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`;
}
