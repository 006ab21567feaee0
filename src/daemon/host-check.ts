// Whether and how this host can run nsproc: one finding a question, each with
// what to do about it.

import type { CgroupLayout } from '../cgroup/layout.ts';
import { readLayout } from '../cgroup/read-layout.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import {
  type CapabilityName,
  hasCapability,
  kernelName,
  openFilesLimit,
  openProblem,
} from '../kernel/machine.ts';
import { nsprocMountType, readMountState, readMountsAt } from '../kernel/mounts.ts';
import { inodeOf, readNamespaceLink } from '../kernel/process.ts';
import { type NamedProbe, probeStrategies } from '../reader/choose-strategy.ts';
import type { Finding } from './finding.ts';
import { checkKernel, readKernelFacts } from './kernel-check.ts';
import { checkSight } from './sight-check.ts';

export interface HostReport {
  /** Whether `nsproc serve` can work here. */
  readonly canServe: boolean;
  /** The strategy that `--resolver auto` takes; `null` when none works. */
  readonly resolver: string | null;
  readonly cgroupLayout: CgroupLayout['kind'];
  readonly findings: readonly Finding[];
}

/** PROC_PID_INIT_INO: the inode of the first pid namespace. */
const firstPidnsInode = 0xeffffffc;
const comfortableFiles = 16_384;

function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail };
}

function checkDevice(): Finding {
  const problem = openProblem('/dev/fuse');
  if (problem === undefined) return ok('fuse', '/dev/fuse can be opened');
  const advice =
    problem === 'ENOENT'
      ? 'Load the module: modprobe fuse. In a container: --device /dev/fuse.'
      : 'Run as root, in a container with --device /dev/fuse.';
  return { name: 'fuse', status: 'fail', detail: `/dev/fuse: ${problem}`, advice };
}

function checkCapability(name: CapabilityName, what: string): Finding {
  if (hasCapability(name)) return ok(name, `held: ${what}`);
  const advice = 'Run as root, in a container with --privileged or --cap-add.';
  return { name, status: 'fail', detail: `not held: ${what}`, advice };
}

function checkPidNamespace(): Finding {
  const link = readNamespaceLink('/proc/self', 'pid') ?? '';
  if (inodeOf(link) === firstPidnsInode) return ok('pid namespace', "the host's");
  return {
    name: 'pid namespace',
    status: 'warn',
    detail: `${link}, not the host's: only readers in it and below it are known`,
    advice: 'To serve all containers run it on the host, or in a container with --pid=host.',
  };
}

function checkLayout(layout: CgroupLayout): Finding {
  const names = layout.hierarchies.map(({ version, controllers, mounts }) => {
    const [mount] = mounts;
    return `${version === 2 ? 'v2' : controllers.join(',')} at ${mount?.mountPoint}`;
  });
  const detail = `${layout.kind}: ${names.join('; ')}`;
  if (layout.kind !== 'none') return ok('cgroups', detail);
  return {
    name: 'cgroups',
    status: 'fail',
    detail: 'no cgroup hierarchy is mounted',
    advice: 'Mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup.',
  };
}

function checkResolver(probes: readonly NamedProbe[]): Finding[] {
  const chosen = probes.find(({ works }) => works);
  const found = probes.map(({ name, works, reason }): Finding => {
    const state = name === chosen?.name ? 'chosen' : works ? 'works' : 'not here';
    return ok(`resolver ${name}`, `${state}: ${reason}`);
  });
  if (chosen !== undefined) return found;
  const advice = 'Run as root, and build the native programs: npm run build.';
  return [...found, { name: 'resolver', status: 'fail', detail: 'none works', advice }];
}

function checkMountPoint(directory: string): Finding {
  const name = 'mount point';
  const top = readMountsAt(directory).at(-1);
  if (top === undefined) return ok(name, `${directory}: free`);
  if (top.type !== nsprocMountType) {
    const advice = 'Unmount it, or choose another directory with --mount-point.';
    return { name, status: 'fail', detail: `${directory}: ${top.type} is mounted there`, advice };
  }
  const state = readMountState(directory);
  if (state === 'alive') return ok(name, `${directory}: an nsproc serves it`);
  if (state === 'hung') {
    const advice = 'Look at it (ps, its log), and end it with SIGKILL if it stays so.';
    return { name, status: 'fail', detail: `${directory}: its nsproc does not answer`, advice };
  }
  return {
    name,
    status: 'warn',
    detail: `${directory}: the mount of an nsproc that has ended`,
    advice: 'Start serve, which replaces it. Containers that use the dead one must be restarted.',
  };
}

function checkOpenFiles(): Finding {
  const limit = openFilesLimit();
  if (!(limit < comfortableFiles)) return ok('open files', `limit ${limit}`);
  const advice = 'Raise it: ulimit -n 65536, or LimitNOFILE= in the unit.';
  return { name: 'open files', status: 'warn', detail: `limit ${limit}: low`, advice };
}

/** An administrator's limit on answers aborts the whole connection when a server is away. */
function checkRequestTimeout(): Finding[] {
  const text = readTextFile('/proc/sys/fs/fuse/max_request_timeout');
  if (text === undefined || Number.parseInt(text, 10) === 0) return [];
  return [
    {
      name: 'fuse request timeout',
      status: 'warn',
      detail: `fs.fuse.max_request_timeout is ${text.trim()} s: a late answer ends the mount`,
      advice: 'Set it to 0: sysctl fs.fuse.max_request_timeout=0.',
    },
  ];
}

/** Warnings about what this daemon can't see, or who can't see its mount. */
export function readSight(layout: CgroupLayout, mountPoint: string): Finding[] {
  return checkSight({
    layout,
    mountPoint,
    initCgroup: readTextFile('/proc/1/cgroup') ?? '',
    ownMountinfo: readTextFile('/proc/self/mountinfo') ?? '',
    initMountinfo: readTextFile('/proc/1/mountinfo') ?? '',
  });
}

/** Looks at everything that serving needs; changes nothing. */
export function checkHost(mountPoint: string): HostReport {
  const layout = readLayout();
  const probes = probeStrategies();
  const findings = [
    ok('kernel', kernelName()),
    checkDevice(),
    checkCapability('CAP_SYS_ADMIN', 'mounting, entering namespaces'),
    checkCapability('CAP_SYS_PTRACE', "seeing other users' namespaces"),
    checkPidNamespace(),
    checkLayout(layout),
    ...readSight(layout, mountPoint),
    ...checkResolver(probes),
    checkMountPoint(mountPoint),
    checkOpenFiles(),
    ...checkRequestTimeout(),
    ...checkKernel(readKernelFacts(layout)),
  ];
  return {
    canServe: findings.every(({ status }) => status !== 'fail'),
    resolver: probes.find(({ works }) => works)?.name ?? null,
    cgroupLayout: layout.kind,
    findings,
  };
}
