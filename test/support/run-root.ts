// The daemons of all tests have their run-time directories here, not in the machine's /run.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Before the processes that run tests are started, which inherit it. */
export function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'nsproc-run-'));
  process.env['NSPROC_RUN_DIRECTORY'] = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
