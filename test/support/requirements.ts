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

function reasonAgainst(requirement: Requirement): string | undefined {
  switch (requirement) {
    case 'root':
      return process.getuid?.() === 0 ? undefined : 'root';
    case 'fuse':
      return fuseReason(transport);
    case 'fuse-native':
      return fuseReason('fuse-native');
    case 'lxcfs':
      return packageReason('lxcfs', 'lxcfs');
    case 'runc':
      return packageReason('runc', 'runc');
    case 'docker':
      return packageReason('docker.io', 'dockerd', 'docker', 'containerd', 'runc');
    case 'lxc':
      return (
        packageReason('lxc', 'lxc-execute', 'lxc-attach') ??
        (existsSync(lxcfsHook) ? undefined : `${lxcfsHook} of Debian's package lxcfs`)
      );
    case 'procps':
      return packageReason('procps', 'free', 'uptime', 'top', 'vmstat', 'w');
    case 'busybox':
      return packageReason('busybox-static', 'busybox');
    case 'util-linux':
      return packageReason('util-linux', 'lscpu', 'losetup', 'setarch', 'setpriv', 'swapon');
    case 'sysstat':
      return packageReason('sysstat', 'iostat', 'mpstat');
    case 'python':
      return packageReason('python3', 'python3');
    case 'psutil':
      return existsSync(psutilFolder) ? undefined : "psutil of Debian's package python3-psutil";
    case 'java':
      return packageReason('default-jre-headless', 'java');
    case 'node-exporter':
      return packageReason('prometheus-node-exporter', 'prometheus-node-exporter');
    default: {
      const resource = requirement.slice('cgroup:'.length) as Controller | 'swap';
      return supports(resource) ? undefined : `a cgroup hierarchy with ${resource}`;
    }
  }
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
