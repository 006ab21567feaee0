// The transports that the daemon can serve on, as tests know them. A whole project of tests runs on
// one of them: the daemon takes it from this variable, which vitest.config.ts sets.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const transport = process.env['NSPROC_TRANSPORT'] ?? 'dev-fuse';

const require = createRequire(import.meta.url);

/** Where the package fuse-native is; `undefined` when this machine has none that works. */
export function fuseNativeFolder(): string | undefined {
  try {
    const folder = dirname(require.resolve('fuse-native/package.json'));
    return existsSync(join(folder, `prebuilds/linux-${process.arch}`)) ? folder : undefined;
  } catch {
    return undefined;
  }
}
