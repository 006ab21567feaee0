// What is done in another way, or left out, because this kernel or its cgroups lack what later ones
// have. None of it keeps serve from working.

import type { CgroupLayout, Hierarchy } from '../cgroup/layout.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import { listDirectory } from '../kernel/list-directory.ts';
import { kernelVersion } from '../kernel/machine.ts';
import { readMountMoves } from '../kernel/mount-moves.ts';
import { meminfoProvenance } from '../procfs/provenance/memory.ts';
import type { Finding } from './finding.ts';

export interface KernelFacts {
  readonly version: readonly [major: number, minor: number];
  readonly mountMoves: ReturnType<typeof readMountMoves>;
  readonly hasPressure: boolean;
  readonly hasUnified: boolean;
  /** `undefined` where no cgroup has the controller. */
  readonly memoryStat: string | undefined;
  readonly hostMeminfo: string;
  /** Of v2; `undefined` on a host that has v1 for it. */
  readonly cpuStat: string | undefined;
}

function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail };
}

export function checkKernel(facts: KernelFacts): Finding[] {
  return [
    checkRequests(facts),
    ...checkHealing(facts),
    checkPressure(facts),
    ...checkMeminfo(facts),
    ...checkStat(facts),
  ];
}

/** No version tells for certain; a server tries it, and has the journal at hand. */
function checkRequests({ version: [major, minor] }: KernelFacts): Finding {
  const name = 'after a crash';
  const what = 'requests that a dead server has taken are';
  if (major > 6 || (major === 6 && minor >= 9)) {
    return ok(name, `${what} sent again by the kernel (FUSE_NOTIFY_RESEND)`);
  }
  return ok(name, `${what} repeated from the journal: kernel before 6.9 has no FUSE_NOTIFY_RESEND`);
}

function checkHealing({ mountMoves }: KernelFacts): Finding[] {
  const name = 'heal';
  switch (mountMoves) {
    case undefined:
      return [];
    case 'beneath':
      return [ok(name, 'puts live mounts beneath dead ones (MOVE_MOUNT_BENEATH)')];
    case 'on top':
      return [
        ok(
          name,
          "uncovers the host's file for a moment: kernel before 6.5 has no MOVE_MOUNT_BENEATH",
        ),
      ];
    case 'none':
      return [ok(name, 'left out: kernel before 5.2 has no move_mount(2); restart containers')];
  }
}

function checkPressure({ hasPressure, hasUnified }: KernelFacts): Finding {
  const name = 'pressure';
  if (!hasPressure) {
    return {
      ...ok(name, 'left out: the kernel keeps no pressure information (no /proc/pressure)'),
      advice: 'Boot with psi=1; the kernel needs CONFIG_PSI.',
    };
  }
  if (hasUnified) return ok(name, "each container's own, with triggers");
  return ok(name, "the host's, for reading: cgroup v1 has no pressure files");
}

const fieldOfStat = /^memory[.]stat (.+)$/;

/** Whether nothing but missing fields of memory.stat goes into the line, so that it is 0. */
function isUncounted(label: string, fields: ReadonlySet<string>): boolean {
  // The machine's line stands where its huge pages are not charged.
  if (label === 'Hugetlb') return false;
  const sources = meminfoProvenance.sources(label) ?? [];
  if (sources.length === 0) return false;
  return sources.every((source) => {
    const names = fieldOfStat.exec(source)?.[1]?.split('|');
    return names !== undefined && !names.some((name) => fields.has(name));
  });
}

function checkMeminfo({ memoryStat, hostMeminfo }: KernelFacts): Finding[] {
  if (memoryStat === undefined) return [];
  const fields = new Set(memoryStat.split('\n').map((line) => line.split(' ')[0] ?? ''));
  const labels = hostMeminfo.split('\n').map((line) => line.slice(0, line.indexOf(':')));
  const uncounted = labels.filter((label) => isUncounted(label, fields));
  if (uncounted.length === 0)
    return [ok('meminfo', 'all that memory.stat of later kernels counts')];
  return [ok('meminfo', `0, as memory.stat does not count them: ${uncounted.join(', ')}`)];
}

function checkStat({ cpuStat }: KernelFacts): Finding[] {
  if (cpuStat === undefined || cpuStat.includes('nice_usec')) return [];
  return [ok('stat', 'nice is part of user: cpu.stat before 6.13 does not count it')];
}

/** Cgroups below the root. */
const mostLookedAt = 16;

function hierarchyOf(layout: CgroupLayout, controller: string): Hierarchy | undefined {
  return (
    layout.hierarchies.find(({ controllers }) => controllers.includes(controller)) ??
    layout.hierarchies.find(({ version }) => version === 2)
  );
}

/** From the root, where older kernels lack some files of v2, else from a cgroup below it. */
function readSample(hierarchy: Hierarchy | undefined, file: string): string | undefined {
  const top = hierarchy?.mounts[0]?.mountPoint;
  if (top === undefined) return undefined;
  const below = listDirectory(top, mostLookedAt).map((name) => `${top}/${name}`);
  for (const directory of [top, ...below]) {
    const text = readTextFile(`${directory}/${file}`);
    if (text !== undefined) return text;
  }
  return undefined;
}

export function readKernelFacts(layout: CgroupLayout): KernelFacts {
  const cpu = hierarchyOf(layout, 'cpuacct');
  return {
    version: kernelVersion(),
    mountMoves: readMountMoves(),
    hasPressure: readTextFile('/proc/pressure/cpu') !== undefined,
    hasUnified: layout.hierarchies.some(({ version }) => version === 2),
    memoryStat: readSample(hierarchyOf(layout, 'memory'), 'memory.stat'),
    hostMeminfo: readTextFile('/proc/meminfo') ?? '',
    cpuStat: cpu?.version === 2 ? readSample(cpu, 'cpu.stat') : undefined,
  };
}
