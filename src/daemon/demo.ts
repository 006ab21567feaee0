// `nsproc demo`: a daemon of its own on a temporary mount point, and a small
// container (namespaces and cgroups, no image) that reads the files through it.

import { runCommand } from '../kernel/commands.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import { makeTemporaryDirectory, removeEmptyDirectory } from '../kernel/made-directories.ts';
import { type DemoCgroup, type DemoLimits, makeDemoCgroup } from './demo-cgroup.ts';
import type { Log } from './log.ts';
import { startDaemon } from './serve.ts';
import type { ServeOptions } from './serve-options.ts';
import { StartError } from './start-error.ts';

export const demoLimits: DemoLimits = {
  memoryBytes: 64 * 1024 * 1024,
  quotaUsec: 50_000,
  periodUsec: 100_000,
};

export const demoFiles = ['uptime', 'meminfo', 'stat'] as const;
export type DemoFile = (typeof demoFiles)[number];
export type FileTexts = Readonly<Record<DemoFile, string>>;

export interface DemoResult {
  readonly host: FileTexts;
  readonly container: FileTexts;
  /** Limits that could not be set on this host. */
  readonly problems: readonly string[];
}

/** Between two files in the container's output. */
const separator = '--- next file ---';

/** What runs as the container's init: mounts the files over its own /proc, works a little, reads. */
function containerScript(mountPoint: string): string {
  const mounts = demoFiles.map((file) => `mount --bind ${mountPoint}/proc/${file} /proc/${file}`);
  const reads = demoFiles.map((file) => `cat /proc/${file}`);
  const work = 'i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done';
  return ['set -e', ...mounts, work, reads.join(`; echo "${separator}"; `)].join('\n');
}

/** Runs the script in namespaces of its own, as a member of the cgroup from its first instruction. */
async function readInContainer(cgroup: DemoCgroup, mountPoint: string): Promise<FileTexts> {
  const joins = cgroup.procsFiles.map((file) => `echo $$ > ${file}`).join(' && ');
  const { status, stdout, stderr } = await runCommand('sh', [
    '-c',
    `${joins || ':'} && exec unshare --fork --pid --mount --mount-proc sh -c "$1"`,
    'sh',
    containerScript(mountPoint),
  ]);
  const texts = stdout.split(`${separator}\n`);
  if (status !== 0 || texts.length !== demoFiles.length) {
    throw new StartError(`The demo container failed (status ${status}): ${stderr.trim()}`);
  }
  const [uptime = '', meminfo = '', stat = ''] = texts;
  return { uptime, meminfo, stat };
}

function readHost(): FileTexts {
  const read = (file: DemoFile) => readTextFile(`/proc/${file}`) ?? '';
  return { uptime: read('uptime'), meminfo: read('meminfo'), stat: read('stat') };
}

/** Starts everything, reads the files in both places, and leaves nothing behind. */
export async function runDemoContainer(settings: ServeOptions, log: Log): Promise<DemoResult> {
  const mountPoint = makeTemporaryDirectory('nsproc-demo-');
  try {
    const daemon = await startDaemon({ ...settings, mountPoint }, log);
    try {
      const cgroup = makeDemoCgroup(`nsproc-demo-${process.pid}`, demoLimits);
      try {
        const container = await readInContainer(cgroup, mountPoint);
        return { host: readHost(), container, problems: cgroup.problems };
      } finally {
        cgroup.remove();
      }
    } finally {
      await daemon.stop();
    }
  } finally {
    removeEmptyDirectory(mountPoint);
  }
}
