import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Jest's global set-up: a folder for the one synth that the test files of a run share. */
export default function createSynthFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-synth-'));
  process.env['HEADROOM_SYNTH_FOLDER'] = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}
