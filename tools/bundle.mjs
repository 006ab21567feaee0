// Puts each program of dist/ and all modules that it imports into one file, in the place of its
// first module, packages included: loading two hundred modules in each of five threads was half of
// what a start costs, and readers wait for a start when a server has died. What the command line
// imports when it is needed lies beside it.
import process from 'node:process';
import { build } from 'esbuild';

const commandLine = ['cli/program.js'];
const threads = ['daemon/worker.js', 'daemon/load-worker.js', 'daemon/pressure-worker.js'];
/** Packages with a native part, and one that few starts need. */
const outside = ['koffi', 'fuse-native', 'pino-pretty'];

const [dist] = process.argv.slice(2);
if (dist === undefined) throw new Error('usage: node tools/bundle.mjs DIST');

/** @type {import('esbuild').BuildOptions} */
const settings = {
  absWorkingDir: dist,
  outdir: dist,
  outbase: dist,
  allowOverwrite: true,
  bundle: true,
  external: outside,
  // For packages that are CommonJS.
  banner: {
    js:
      "import { createRequire as createBundleRequire } from 'node:module';\n" +
      'const require = createBundleRequire(import.meta.url);',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
};

await build({
  ...settings,
  entryPoints: commandLine,
  splitting: true,
  chunkNames: 'cli/[name]-[hash]',
});
await build({ ...settings, entryPoints: threads });
