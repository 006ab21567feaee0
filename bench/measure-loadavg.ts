// What it costs a daemon to keep the load averages of very many containers, of which each was read
// once and none is read while it is measured.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuHierarchy, removeCgroup } from './cgroups.ts';
import { treeCpuNs } from './process-tree.ts';
import type { Reader } from './reader.ts';
import type { Scope } from './scope.ts';
import type { System } from './systems.ts';

export interface SamplingCost {
  readonly system: string;
  readonly containers: number;
  readonly tasks: number;
  /** CPU time of the daemon, as a part of one core's: before there are containers, and with them. */
  readonly idleShare: number;
  readonly share: number;
  /** The average over a minute of a container with one busy task: proof that tasks are counted. */
  readonly busyAverage: number;
}

export interface SamplingPlan {
  readonly scope: Scope;
  readonly folder: string;
  readonly systems: readonly System[];
  /** A reader outside of all containers, for the daemons' CPU clocks. */
  readonly clock: Reader;
  readonly containers: number;
}

/** The most that nsproc should need of one core. */
export const SHARE_AIM = 0.05;

/** Half a minute, in which each container has six ticks. */
const MEASURED_MSEC = 30_000;
const SETTLE_MSEC = 5_000;
const IDLE_MSEC = 5_000;
/** What a compiler does to code that has just begun to run is not measured. */
const WARM_UP_MSEC = 15_000;
const TASKS_EACH = 10;
const BUSY_AVERAGE = 0.3;

interface Crowd {
  /** The one minute average that a container with one busy task reads at this moment. */
  readBusyAverage(): Promise<number>;
  stop(): Promise<void>;
}

export async function measureLoadavg(plan: SamplingPlan): Promise<SamplingCost[]> {
  const program = compileCrowd(plan.folder);
  const costs: SamplingCost[] = [];
  for (const system of plan.systems) {
    process.stderr.write(`bench: ${plan.containers} containers read ${system.name}'s loadavg\n`);
    costs.push(await measureSystem(plan, system, program));
  }
  return costs;
}

async function measureSystem(
  plan: SamplingPlan,
  system: System,
  program: string,
): Promise<SamplingCost> {
  await sleep(SETTLE_MSEC);
  const idleShare = await coreShareOf(plan.clock, system, IDLE_MSEC);
  const crowd = await startCrowd(plan, system, program);
  await sleep(WARM_UP_MSEC);
  const share = await coreShareOf(plan.clock, system, MEASURED_MSEC);
  const busyAverage = await crowd.readBusyAverage();
  await crowd.stop();
  if (!(busyAverage > BUSY_AVERAGE)) {
    throw new Error(`Cannot measure ${system.name}: a busy container's load is ${busyAverage}`);
  }
  const { containers } = plan;
  const tasks = containers * TASKS_EACH;
  return { system: system.name, containers, tasks, idleShare, share, busyAverage };
}

async function coreShareOf(clock: Reader, { pid = 0 }: System, msec: number): Promise<number> {
  const begin = performance.now();
  const usedNs = await treeCpuNs(clock, pid);
  await sleep(msec);
  const usedMsec = ((await treeCpuNs(clock, pid)) - usedNs) / 1e6;
  return usedMsec / (performance.now() - begin);
}

function compileCrowd(folder: string): string {
  const program = join(folder, 'crowd');
  const source = join(import.meta.dirname, 'crowd.c');
  const flags = ['-O2', '-Wall', '-Wextra', '-pthread'];
  execFileSync('cc', [...flags, '-o', program, source], { stdio: 'inherit' });
  return program;
}

async function startCrowd(
  { scope, containers }: SamplingPlan,
  system: System,
  program: string,
): Promise<Crowd> {
  const hierarchy = cpuHierarchy();
  const name = `nsproc-bench-${process.pid}-${system.name.replace(/\W/g, '')}`;
  const args = [hierarchy, name, `${containers}`, `${TASKS_EACH}`, system.pathOf('loadavg')];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    for (let index = 0; index < containers; index++) {
      const dir = join(hierarchy, `${name}-${index}`);
      if (existsSync(dir)) await removeCgroup(dir);
    }
  };
  child.stdin.on('error', () => undefined);
  scope.defer(stop);
  const nextLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('Cannot go on: the containers have ended');
    return line.value;
  };
  await nextLine();
  return {
    readBusyAverage: async () => {
      child.stdin.write('read\n');
      return Number.parseFloat(await nextLine());
    },
    stop,
  };
}
