// Brings a clone to the state that everything else needs: packages, native programs, dist/. Run by
// `npm start`, `npm test` and the rest; when nothing changed it only compares. Plain JavaScript
// without packages, because it runs before there are any.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withSetupLock } from './setup-lock.mjs';
import { buildFingerprint, dependenciesAreStale, distIsStale, stampPath } from './staleness.mjs';

/** @import { SpawnSyncReturns } from 'node:child_process' */
/** @typedef {{ name: string, isStale: () => boolean, run: () => void }} Step */

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {readonly Step[]} In the order in which each needs the one before. */
const steps = [
  { name: 'dependencies', isStale: () => dependenciesAreStale(root), run: installDependencies },
  { name: 'native', isStale: nativeIsStale, run: buildNative },
  { name: 'dist', isStale: () => distIsStale(root), run: buildDist },
];

/**
 * Does what is out of date. Two set-ups of one clone at once wait for each other; when nothing is
 * out of date none waits.
 * @param {readonly string[]} [names] of the steps to consider; all if not given
 */
export async function setUp(names = steps.map((step) => step.name)) {
  const wanted = steps.filter((step) => names.includes(step.name));
  if (!wanted.some((step) => step.isStale())) return;
  await withSetupLock(root, say, () => {
    for (const step of wanted) if (step.isStale()) step.run();
  });
}

// FUSE_NATIVE: its install script shall not try out and, failing that, compile what its package has
// ready. npm >= 11 leaves it out anyway (allowScripts).
function installDependencies() {
  say('installing packages (npm ci)');
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    FUSE_NATIVE: 'as it is',
  });
}

const withoutNative = 'the resolver "ucred" and the transport "fuse-native" will be missing';

/** Whether make has something to do; a machine without make is told so by the build. */
function nativeIsStale() {
  return make(['--question']).status !== 0 && !nativeIsImpossible();
}

// Without a compiler the default works on recent kernels, so it is no reason not to start.
function nativeIsImpossible() {
  const missing = [['make'], ['cc', 'gcc', 'clang']].filter((any) => !any.some(hasCommand));
  if (missing.length === 0) return false;
  const names = missing.map(([name]) => name).join(' and ');
  const text = `no ${names}: native programs are not built (Debian: apt-get install make gcc libc6-dev)`;
  if (process.env['CI']) throw new SetupError(text);
  say(`${text}; ${withoutNative}`);
  return true;
}

function buildNative() {
  say('building native programs (make -C native)');
  if (make([], 'inherit').status === 0) return;
  // As with no compiler at all; a compiler without the C library's headers is as common.
  const text = 'make -C native failed (Debian: apt-get install gcc libc6-dev)';
  if (process.env['CI']) throw new SetupError(text);
  say(`${text}; ${withoutNative}`);
}

// Built beside its place and renamed: no file of a deleted source stays, and a daemon that is
// starting from dist/ meets the new one or, if it has loaded a part of the old, ends and is started
// again by its holder.
function buildDist() {
  say('compiling TypeScript to dist/ (tsc, esbuild)');
  const fingerprint = buildFingerprint(root);
  const [fresh, old] = [`${root}dist.new`, `${root}dist.old`];
  for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
  run(process.execPath, [
    'node_modules/typescript/bin/tsc',
    '--project',
    'tsconfig.build.json',
    '--outDir',
    fresh,
  ]);
  mkdirSync(fresh, { recursive: true });
  run(process.execPath, ['tools/bundle.mjs', fresh]);
  if (existsSync(`${fresh}/main.js`)) chmodSync(`${fresh}/main.js`, 0o755);
  writeFileSync(stampPath(fresh), fingerprint);
  if (existsSync(`${root}dist`)) renameSync(`${root}dist`, old);
  renameSync(fresh, `${root}dist`);
  rmSync(old, { recursive: true, force: true });
}

/**
 * @param {readonly string[]} args
 * @param {'ignore' | 'inherit'} [stdio]
 */
function make(args, stdio = 'ignore') {
  const all = ['-C', 'native', '--silent', '--no-print-directory', ...args];
  return spawnSync('make', all, { cwd: root, stdio });
}

/** @param {string} name */
function hasCommand(name) {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => existsSync(`${folder}/${name}`));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [variables]
 */
function run(command, args, variables = {}) {
  const env = { ...process.env, ...variables };
  const result = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new SetupError(failureOf(`${command} ${args[0]}`, result));
}

/**
 * @param {string} what
 * @param {SpawnSyncReturns<Buffer>} result
 */
function failureOf(what, { error, signal, status }) {
  if (error !== undefined) return `${what} could not be started: ${error.message}`;
  return `${what} ${signal === null ? `failed with status ${status}` : `was ended by ${signal}`}`;
}

// On stderr: what `npm start` prints on stdout belongs to the daemon.
/** @param {string} text */
function say(text) {
  process.stderr.write(`nsproc set-up: ${text}\n`);
}

/** A step failed in a way that its own output, or this message, explains; a stack would not help. */
class SetupError extends Error {}

/**
 * setUp() for a script: says what failed and ends the process.
 * @param {readonly string[]} [names]
 */
export async function setUpOrExit(names) {
  try {
    await setUp(names);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [option, names] = process.argv.slice(2);
  await setUpOrExit(option === '--only' ? names?.split(',') : undefined);
}
