// Containers with a reader in each, which reads all files in a loop and checks what it gets.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cleanAtExit } from '../support/at-exit.ts';
import { makeCgroup, type TestCgroup } from '../support/cgroups.ts';
import { type Container, startContainer } from '../support/containers.ts';
import { compileProgram } from '../support/programs.ts';
import type { Teardown } from '../support/teardown.ts';

const MiB = 2 ** 20;
const smallestMiB = 40;
const systemCpus = '/sys/devices/system/cpu';

/** The sum of what all readers saw. */
export interface CrowdReport {
  readonly texts: number;
  readonly errors: number;
  readonly wrongTexts: number;
  /** Of these, texts that were not whole: not the host's either. */
  readonly brokenTexts: number;
  /** The longest wait for one system call. */
  readonly longestMsec: number;
  /** Of the reader that waited most often. */
  readonly percentile99Msec: number;
  /** Texts for which one took more than a second. */
  readonly slowTexts: number;
  /** The first of what was wrong. */
  readonly faults: string;
}

export interface CrowdMember {
  readonly container: Container;
  readonly cgroup: TestCgroup;
  /** Its limit. */
  readonly memoryKib: number;
  /** Lets the reader finish, and ends the container. */
  leave(): Promise<CrowdReport>;
  /** Kills all of it, wherever the reader is. */
  vanish(): Promise<void>;
}

export interface CrowdOptions {
  readonly mountPoint: string;
  /** Between two texts. */
  readonly pauseMsec: number;
  /** A container without a reader. */
  readonly isSilent?: boolean;
}

const nothing: CrowdReport = {
  texts: 0,
  errors: 0,
  wrongTexts: 0,
  brokenTexts: 0,
  longestMsec: 0,
  percentile99Msec: 0,
  slowTexts: 0,
  faults: '',
};

export function sumOf(reports: readonly CrowdReport[]): CrowdReport {
  return reports.reduce(
    (sum, report) => ({
      texts: sum.texts + report.texts,
      errors: sum.errors + report.errors,
      wrongTexts: sum.wrongTexts + report.wrongTexts,
      brokenTexts: sum.brokenTexts + report.brokenTexts,
      longestMsec: Math.max(sum.longestMsec, report.longestMsec),
      percentile99Msec: Math.max(sum.percentile99Msec, report.percentile99Msec),
      slowTexts: sum.slowTexts + report.slowTexts,
      faults: report.errors > 0 ? report.faults + sum.faults : sum.faults + report.faults,
    }),
    nothing,
  );
}

const filesByMountPoint = new Map<string, readonly string[]>();

/** Looked at once: while nobody answers there, whoever looks waits, and with it the whole test. */
function procFilesAt(mountPoint: string): readonly string[] {
  const files = filesByMountPoint.get(mountPoint) ?? procFiles(mountPoint);
  filesByMountPoint.set(mountPoint, files);
  return files;
}

/** The files that containers of the crowd have. */
function procFiles(mountPoint: string): string[] {
  const names = readdirSync(`${mountPoint}/proc`).filter((name) => existsSync(`/proc/${name}`));
  return names.flatMap((name) =>
    name === 'pressure' ? ['cpu', 'io', 'memory'].map((file) => `pressure/${file}`) : [name],
  );
}

/** How many containers there were: each has a MemTotal that no other one has. */
let count = 0;

export async function joinCrowd(teardown: Teardown, options: CrowdOptions): Promise<CrowdMember> {
  const { mountPoint, pauseMsec, isSilent = false } = options;
  const memoryBytes = (smallestMiB + (count++ % 100)) * MiB;
  const cgroup = makeCgroup({ memoryBytes });
  teardown.add(() => cgroup.remove());
  const files = procFilesAt(mountPoint).map((file) => `/proc/${file}`);
  const container = await startContainer({
    cgroup,
    mounts: [...files, systemCpus].map((path) => [`${mountPoint}${path}`, path] as const),
  });
  teardown.add(() => container.stop());
  const memoryKib = memoryBytes / 1024;
  const reader = isSilent
    ? silentReader
    : startReader([
        ...container.execArgv([compileProgram('chaos-reader')]),
        ...[String(memoryKib), String(pauseMsec * 1000)],
        ...files.filter((path) => path !== '/proc/slabinfo'),
        `${systemCpus}/online`,
      ]);
  const vanish = async (): Promise<void> => {
    await container.stop();
    await cgroup.remove();
    await reader.ended;
  };
  const leave = async (): Promise<CrowdReport> => {
    const report = await reader.finish();
    await vanish();
    return report;
  };
  return { container, cgroup, memoryKib, leave, vanish };
}

interface RunningReader {
  readonly ended: Promise<void>;
  finish(): Promise<CrowdReport>;
}

const silentReader: RunningReader = {
  ended: Promise.resolve(),
  finish: () => Promise.resolve(nothing),
};

function startReader(argv: readonly string[]): RunningReader {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const forget = cleanAtExit(() => child.kill('SIGKILL'));
  let output = '';
  let faults = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    faults += text;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve())).finally(
    forget,
  );
  return {
    ended,
    finish: async () => {
      child.stdin.end();
      await ended;
      return parseReport(output, faults);
    },
  };
}

function parseReport(output: string, faults: string): CrowdReport {
  const numbers = output.trim().split(' ').map(Number);
  if (numbers.length !== 7) throw new Error(`A reader ended early: ${output}${faults}`);
  const [texts = 0, errors = 0, wrongTexts = 0, brokenTexts = 0, ...waits] = numbers;
  const [longestMsec = 0, percentile99Msec = 0, slowTexts = 0] = waits;
  const counts = { texts, errors, wrongTexts, brokenTexts };
  return { ...counts, longestMsec, percentile99Msec, slowTexts, faults };
}
