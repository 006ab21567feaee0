// A container's cgroup in every hierarchy: for each controller its version and
// the chain of directories from the container's own cgroup up to the root.

import type { CgroupDirectory, OnRead } from './directory.ts';
import { type CgroupLayout, chainOf } from './layout.ts';
import { type Membership, pathIn } from './membership.ts';

/** Where one controller's values of a container are. */
export interface ControllerCgroup {
  readonly version: 1 | 2;
  /** The container's cgroup first, the root (as far as it is mounted) last; never empty. */
  readonly chain: readonly CgroupDirectory[];
}

/** The name of a controller as v1 writes it; v2 has `cpuacct` within `cpu`, `blkio` as `io`. */
export type ControllerName = 'memory' | 'cpu' | 'cpuacct' | 'cpuset' | 'blkio' | 'pids' | 'freezer';

/** Opens controller files on demand; close() gives all of them back. */
export class ContainerCgroup {
  readonly #byController = new Map<string, ControllerCgroup>();
  readonly #unified: ControllerCgroup | undefined;
  readonly #chains: ControllerCgroup[] = [];

  constructor(layout: CgroupLayout, membership: Membership, onRead?: OnRead) {
    let unified: ControllerCgroup | undefined;
    for (const hierarchy of layout.hierarchies) {
      const path = pathIn(membership, hierarchy);
      const chain = path === undefined ? undefined : chainOf(hierarchy, path, onRead);
      if (chain === undefined) continue;
      const cgroup = { version: hierarchy.version, chain };
      this.#chains.push(cgroup);
      if (hierarchy.version === 2) unified = cgroup;
      for (const name of hierarchy.controllers) this.#byController.set(name, cgroup);
    }
    this.#unified = unified;
  }

  /**
   * Where a controller's values are: its v1 hierarchy when it is mounted as
   * one, else the v2 hierarchy; `undefined` when the host has neither or shows
   * neither to the daemon.
   */
  controller(name: ControllerName): ControllerCgroup | undefined {
    return this.#byController.get(name) ?? this.#unified;
  }

  /** The v2 cgroup, whichever controllers it has; PSI and cpu.stat need none. */
  unified(): ControllerCgroup | undefined {
    return this.#unified;
  }

  /** Of the cgroup that lies deepest: how many directories its values come from. */
  get depth(): number {
    return Math.max(1, ...this.#chains.map(({ chain }) => chain.length));
  }

  close(): void {
    for (const { chain } of this.#chains) for (const directory of chain) directory.close();
  }
}

/**
 * Text of a v2 file in the cgroup or, when its controller is not enabled there,
 * in the nearest ancestor that has it; `undefined` when none has.
 */
export function readNearest(cgroup: ControllerCgroup, name: string): string | undefined {
  for (const directory of cgroup.chain) {
    const text = directory.readText(name);
    if (text !== undefined) return text;
  }
  return undefined;
}

/**
 * Whether a cgroup is the root of its hierarchy, whose counters are the whole
 * host's. Only a v1 root has release_agent; only a v2 root has no cgroup.type.
 */
export function isRoot({ version, chain }: ControllerCgroup): boolean {
  const [own] = chain;
  if (own === undefined || chain.length > 1) return false;
  return version === 1 ? own.has('release_agent') : !own.has('cgroup.type');
}
