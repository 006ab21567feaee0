// Puts each program of dist/ and all modules that it imports into one file, in the place of its
// first module: loading a hundred and fifty modules in each of five threads was a third of what a
// start costs, and readers wait for a start when a server has died. Packages stay outside.
import process from 'node:process';
import { build } from 'esbuild';

/** What is loaded as a whole: the command line, which main.js imports, and the threads. */
const programs = [
  'cli/program.js',
  'daemon/worker.js',
  'daemon/load-worker.js',
  'daemon/pressure-worker.js',
];

const [dist] = process.argv.slice(2);
if (dist === undefined) throw new Error('usage: node tools/bundle.mjs DIST');

await build({
  absWorkingDir: dist,
  entryPoints: programs,
  outdir: dist,
  outbase: dist,
  allowOverwrite: true,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});
