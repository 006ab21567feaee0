// Takes away in the reverse order what a test file set up, all of it even when one
// step fails.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanAtExit } from './at-exit.ts';
import { mountsBelow, unmountBelow } from './mounts.ts';

export interface Teardown {
  add(step: () => unknown): void;
  /** A fresh folder, removed with all that is in it. */
  makeDir(): string;
  run(): Promise<void>;
}

export function makeTeardown(): Teardown {
  const steps: (() => unknown)[] = [];
  return {
    add: (step) => {
      steps.push(step);
    },
    makeDir: () => {
      const dir = mkdtempSync(join(tmpdir(), 'nsproc-test-'));
      const forget = cleanAtExit(() => {
        unmountBelow(dir);
        rmSync(dir, { recursive: true, force: true });
      });
      steps.push(() => {
        removeDir(dir);
        forget();
      });
      return dir;
    },
    run: async () => {
      const failures: unknown[] = [];
      for (const step of steps.splice(0).reverse()) {
        await Promise.resolve()
          .then(step)
          .catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, 'Cannot clean up after a test');
    },
  };
}

/** Never descends into something mounted there, which could be the machine's own. */
function removeDir(dir: string): void {
  const mount = mountsBelow(dir)[0];
  if (mount !== undefined) throw new Error(`Cannot remove ${dir}: ${mount.mountPoint} is mounted`);
  rmSync(dir, { recursive: true, force: true });
}
