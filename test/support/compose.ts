// The compose file as what docker(1) is told to run, for machines without its plugin: those of its
// keys that the file uses, and no others.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { hasCapability } from '../../src/kernel/machine.ts';

interface BindVolume {
  readonly type: 'bind';
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly bind?: { readonly propagation: string };
}

export interface ComposeService {
  readonly image: string;
  readonly command: readonly string[];
  readonly volumes: readonly (string | BindVolume)[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [key: string]: unknown;
}

/** Keys that are a flag of `docker run` with the same value. */
const flags: Readonly<Record<string, string>> = {
  privileged: '--privileged',
  pid: '--pid',
  cgroup: '--cgroupns',
  network_mode: '--network',
  oom_score_adj: '--oom-score-adj',
  restart: '--restart',
  mem_limit: '--memory',
  cpus: '--cpus',
};
/** Those that `docker run` is told in another way, or that are for compose alone. */
const others = ['image', 'build', 'command', 'volumes', 'healthcheck', 'depends_on'];

export const dockerFolder = fileURLToPath(new URL('../../docker', import.meta.url));

export function readCompose(): Readonly<Record<'nsproc' | 'example', ComposeService>> {
  return parse(readFileSync(`${dockerFolder}/compose.yaml`, 'utf8')).services;
}

/** `SOURCE:TARGET:OPTIONS` of a volume. */
export function volumeOf(volume: string | BindVolume): string {
  if (typeof volume === 'string') return volume;
  const options = [volume.read_only === true ? 'ro' : '', volume.bind?.propagation ?? ''];
  return [volume.source, volume.target, options.filter(Boolean).join(',') || 'rw'].join(':');
}

/** The flags of `docker run` for a service. */
export function runFlagsOf(service: ComposeService): string[] {
  const keys = Object.keys(service).filter((key) => !others.includes(key));
  const unknown = keys.filter((key) => flags[key] === undefined);
  if (unknown.length > 0) throw new Error(`Cannot tell what docker runs for ${unknown.join(', ')}`);
  return [
    ...keys.map((key) => `${flags[key]}=${String(service[key])}`),
    ...service.volumes.map((volume) => `--volume=${volumeOf(volume)}`),
  ];
}

/** What the root of this machine lacks is what a privileged container has more than these. */
const almostPrivileged = [
  ...['--cap-add=ALL', '--cap-drop=SYS_RESOURCE', '--device=/dev/fuse'],
  ...['seccomp', 'apparmor', 'systempaths'].map((name) => `--security-opt=${name}=unconfined`),
];

/**
 * The same where root itself lacks CAP_SYS_RESOURCE, as in some sandboxes: there runc can start no
 * privileged container, and lower no score of the OOM killer.
 */
export function possibleFlags(flags: readonly string[]): string[] {
  if (hasCapability('CAP_SYS_RESOURCE')) return [...flags];
  return flags
    .filter((flag) => !flag.startsWith('--oom-score-adj='))
    .flatMap((flag) => (flag === '--privileged=true' ? almostPrivileged : [flag]));
}
