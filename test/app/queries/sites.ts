import { globSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** Where code makes a statement, or a part of one, in TypeScript or compiled. */
const site = /\bsql(?:<[^`]*>)?`|\.(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\(/g;

/**
 * Starts to watch which code runs. `missed` returns each place of `app` that makes a statement and has not run since, as its
 * file and line.
 * @see https://nodejs.org/api/inspector.html, https://chromedevtools.github.io/devtools-protocol/v8/Profiler/
 */
export async function watchSites(): Promise<{ missed(): Promise<string[]> }> {
  const session = new Session();
  session.connect();
  await session.post('Debugger.enable');
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    async missed() {
      const { result } = await session.post('Profiler.takePreciseCoverage');
      const found: string[] = [];
      for (const file of globSync('app/**/*.ts', { cwd: root }).toSorted()) {
        if (readFileSync(join(root, file), 'utf8').search(site) === -1) continue;
        const script = result.find(({ url }) => relative(root, url.replace(/^file:\/\//, '')) === file);
        if (script === undefined) {
          found.push(`${file}: not loaded`);
          continue;
        }
        const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId: script.scriptId });
        const ranges = script.functions.flatMap((each) => each.ranges);
        for (const { index } of scriptSource.matchAll(site))
          if (countAt(ranges, index) === 0) found.push(`${file}: ${lineAt(scriptSource, index)}`);
      }
      session.disconnect();
      return found;
    },
  };
}

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** The innermost range decides. */
function countAt(ranges: readonly Range[], offset: number): number {
  const around = ranges.filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset);
  const size = ({ startOffset, endOffset }: Range) => endOffset - startOffset;
  return around.toSorted((a, b) => size(a) - size(b))[0]?.count ?? 0;
}

const lineAt = (source: string, offset: number): string =>
  source
    .slice(source.lastIndexOf('\n', offset) + 1)
    .split('\n', 1)[0]!
    .trim();
