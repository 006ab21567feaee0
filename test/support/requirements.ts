// What a test needs of the machine. A test that lacks something is skipped with the
// reason that this gives, as `ctx.skip(reason !== undefined, reason)`.

import { existsSync } from 'node:fs';
import { type Controller, supports } from './cgroup-hierarchies.ts';
import { fuseNativeFolder, transport } from './transports.ts';

export type Requirement =
  | 'root'
  | 'fuse'
  | 'fuse-native'
  | 'lxcfs'
  | 'runc'
  | 'docker'
  | 'lxc'
  | 'systemd'
  | 'procps'
  | 'busybox'
  | 'util-linux'
  | 'sysstat'
  | 'python'
  | 'psutil'
  | 'java'
  | 'node-exporter'
  | `cgroup:${Controller | 'swap'}`;

/**
 * Debian's folders alone are searched: a docker found by PATH can be something else,
 * and sbin is not on everybody's PATH.
 */
const programFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** What the stock configuration of LXC runs. */
const lxcfsHook = '/usr/share/lxcfs/lxc.mount.hook';
const psutilFolder = '/usr/lib/python3/dist-packages/psutil';

/** Where Debian's packages put this program, or `undefined`. */
function findProgram(name: string): string | undefined {
  return programFolders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/** As findProgram(), for a program that a requirement already vouches for. */
export function programPath(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`Cannot find ${name} in ${programFolders.join(', ')}`);
  return path;
}

/** Why these cannot all be met here, or `undefined` if they are. */
export function missing(...requirements: readonly Requirement[]): string | undefined {
  const reasons = requirements.map(reasonAgainst).filter((reason) => reason !== undefined);
  return reasons.length === 0 ? undefined : `needs ${reasons.join('; ')}`;
}

/** Programs, and the package that has them. */
const packages: Partial<Record<Requirement, readonly [name: string, ...programs: string[]]>> = {
  lxcfs: ['lxcfs', 'lxcfs'],
  runc: ['runc', 'runc'],
  docker: ['docker.io', 'dockerd', 'docker', 'containerd', 'runc'],
  procps: ['procps', 'free', 'uptime', 'top', 'vmstat', 'w'],
  busybox: ['busybox-static', 'busybox'],
  'util-linux': ['util-linux', 'lscpu', 'losetup', 'setarch', 'setpriv', 'swapon'],
  sysstat: ['sysstat', 'iostat', 'mpstat'],
  python: ['python3', 'python3'],
  java: ['default-jre-headless', 'java'],
  'node-exporter': ['prometheus-node-exporter', 'prometheus-node-exporter'],
};

const unless = (isThere: boolean, reason: string) => (isThere ? undefined : reason);

/** What is more than the programs of one package. */
const reasons: Partial<Record<Requirement, () => string | undefined>> = {
  root: () => unless(process.getuid?.() === 0, 'root'),
  fuse: () => fuseReason(transport),
  'fuse-native': () => fuseReason('fuse-native'),
  lxc: () =>
    packageReason('lxc', 'lxc-execute', 'lxc-attach') ??
    unless(existsSync(lxcfsHook), `${lxcfsHook} of Debian's package lxcfs`),
  systemd: () =>
    unless(existsSync('/run/systemd/system'), 'systemd as pid 1 (npm run test:vm -- 6.12-systemd)'),
  psutil: () => unless(existsSync(psutilFolder), "psutil of Debian's package python3-psutil"),
};

function reasonAgainst(requirement: Requirement): string | undefined {
  const wanted = packages[requirement];
  if (wanted !== undefined) return packageReason(...wanted);
  const reason = reasons[requirement];
  if (reason !== undefined) return reason();
  const resource = requirement.slice('cgroup:'.length) as Controller | 'swap';
  return supports(resource) ? undefined : `a cgroup hierarchy with ${resource}`;
}

function fuseReason(wanted: string): string | undefined {
  if (!existsSync('/dev/fuse')) return '/dev/fuse';
  const isMissing = wanted === 'fuse-native' && fuseNativeFolder() === undefined;
  return isMissing ? 'the package fuse-native' : undefined;
}

function packageReason(name: string, ...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => findProgram(program) === undefined);
  return absent.length === 0 ? undefined : `${absent.join(', ')} of Debian's package ${name}`;
}
