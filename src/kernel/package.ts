// Facts about this program's own package.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The absolute path of a file of this package, such as `native/build/ucred`. */
export function packagePath(relative: string): string {
  return fileURLToPath(new URL(`../../${relative}`, import.meta.url));
}

/** The program of a thread: the module `src/daemon/<name>.ts`, as it was built. */
export function threadModule(name: string): URL {
  return new URL(`../../dist/daemon/${name}.js`, import.meta.url);
}

/** The version in package.json. */
export function nsprocVersion(): string {
  const { version } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
