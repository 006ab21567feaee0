// `npm run bench -- [files] [lookup] [parallel] [loadavg]`: nsproc and LXCFS side by side, in one run.
// Starts and stops everything itself. The tables go to stdout, progress to stderr.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupLayout } from './cgroups.ts';
import { expectOwnNumbers, startContainer } from './container.ts';
import { measureFirstReads } from './first-reads.ts';
import { measureFiles } from './measure-files.ts';
import { measureLoadavg } from './measure-loadavg.ts';
import { measureParallel } from './measure-parallel.ts';
import { type Options, parseOptions, type SystemName, USAGE } from './options.ts';
import { compile } from './program.ts';
import { type Results, ratiosOf } from './ratios.ts';
import { startReader } from './reader.ts';
import { type Machine, renderMachine, renderResults } from './report.ts';
import { type Scope, withScope } from './scope.ts';
import {
  lxcfsVersion,
  procfs,
  type System,
  startFuseNative,
  startLxcfs,
  startNsproc,
} from './systems.ts';

interface Workshop {
  readonly scope: Scope;
  readonly folder: string;
  readonly readerProgram: string;
}

async function measure(scope: Scope, options: Options): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'nsproc-bench-'));
  scope.defer(() => rmSync(folder, { recursive: true }));
  const workshop = { scope, folder, readerProgram: compile(folder, 'reader') };
  const systems: System[] = [];
  for (const name of options.systems) systems.push(...(await startSystem(workshop, name)));
  const results: Results = {};
  if (options.modes.includes('files') || options.modes.includes('parallel')) {
    Object.assign(results, await warmReads(workshop, systems, options));
  }
  if (options.modes.includes('lookup')) {
    Object.assign(results, await measureFirstReads({ ...workshop, systems, options }));
  }
  if (options.modes.includes('loadavg')) {
    Object.assign(results, await keptLoads(workshop, systems, options));
  }
  return results;
}

async function warmReads(
  { scope, folder, readerProgram }: Workshop,
  systems: readonly System[],
  { modes, reads, rounds }: Options,
): Promise<Results> {
  const container = startContainer(scope, { folder, readerProgram, systems });
  // This one stays outside the container, where the daemons have pids.
  const clock = startReader(scope, [readerProgram]);
  await expectOwnNumbers(container, systems);
  const results: Results = {
    ...(modes.includes('files') && {
      files: await measureFiles({ container, clock, systems, reads }),
    }),
    ...(modes.includes('parallel') && {
      parallel: await measureParallel({ container, systems, rounds }),
    }),
  };
  await container.stop();
  return results;
}

/** Other daemons than LXCFS's keep load averages without being asked. */
async function keptLoads(
  { scope, folder, readerProgram }: Workshop,
  systems: readonly System[],
  options: Options,
): Promise<Results> {
  const lxcfs = options.systems.includes('lxcfs')
    ? await startLxcfs(scope, folder, ['--enable-loadavg'])
    : undefined;
  const measured = [...systems.filter(({ name }) => name === 'nsproc'), ...(lxcfs ? [lxcfs] : [])];
  const clock = startReader(scope, [readerProgram]);
  const plan = { scope, folder, systems: measured, clock, containers: options.sampled };
  return { loadavg: await measureLoadavg(plan) };
}

async function startSystem(
  { scope, folder }: Workshop,
  name: SystemName,
): Promise<readonly System[]> {
  if (name === 'procfs') return [procfs];
  if (name === 'nsproc') return [await startNsproc(scope, folder)];
  if (name === 'nsproc-fuse-native') return [await startFuseNative(scope, folder)];
  const lxcfs = await startLxcfs(scope, folder);
  return lxcfs === undefined ? [] : [lxcfs];
}

function describeMachine(): Machine {
  return {
    kernel: release(),
    cpus: availableParallelism(),
    cgroups: cgroupLayout(),
    node: process.version,
    lxcfs: lxcfsVersion() ?? null,
    loadAverage: loadavg(),
  };
}

const options = parseOptions(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const machine = describeMachine();
const results = await withScope((scope) => measure(scope, options));
const ratios = ratiosOf(results);
process.stdout.write(
  options.json
    ? `${JSON.stringify({ machine, ...results, ratios }, null, 2)}\n`
    : `${renderMachine(machine)}\n${renderResults(results, ratios)}`,
);
