// What is out of date in a clone, decided by content and not by times, which a checkout, a copy or
// a clock can set to anything.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */

/**
 * Whether node_modules is not what package-lock.json asks for, by the copy of the lock that npm
 * leaves there when an install is complete. Optional packages may be absent: most are for other
 * machines.
 * @param {string} root
 */
export function dependenciesAreStale(root) {
  const installed = packagesOf(`${root}node_modules/.package-lock.json`);
  if (installed === undefined) return true;
  const wanted = packagesOf(`${root}package-lock.json`) ?? {};
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '') return false;
    const found = installed[path];
    if (found === undefined) return entry.optional !== true;
    return found.version !== entry.version || found.integrity !== entry.integrity;
  });
}

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage> | undefined}
 */
function packagesOf(path) {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/**
 * Whether dist/ was built from other sources, settings or packages than those here.
 * @param {string} root
 */
export function distIsStale(root) {
  const stamp = stampPath(`${root}dist`);
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== buildFingerprint(root);
}

/** @param {string} dist */
export function stampPath(dist) {
  return `${dist}/.built-from`;
}

/**
 * A digest of everything that decides what the compiler writes.
 * @param {string} root
 */
export function buildFingerprint(root) {
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `src/${path}`)
    .sort();
  const hash = createHash('sha256');
  const settings = [
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
    'tools/bundle.mjs',
  ];
  for (const path of [...settings, ...sources]) {
    const content = readFileSync(root + path);
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
