// What a container has of the host's CPUs and nodes, and how they are called for it: CPUs are
// numbered from 0 as in /proc/stat; nodes keep the host's numbers, which set_mempolicy(2)
// and mbind(2) take.

import type { CpuList } from '../cgroup/cpuset.ts';
import { parseList, type SystemDevices } from '../host/system-devices.ts';
import { type NumberedName, numberedName } from './place.ts';

export class ShownMachine {
  /** The host's numbers; their places in the list are the container's. */
  readonly cpus: CpuList;
  readonly #host: SystemDevices;
  readonly #indexes: ReadonlyMap<number, number>;
  #hostNodes: readonly number[] | undefined;
  #nodes: readonly number[] | undefined;
  #packages: ReadonlyMap<string, number> | undefined;

  constructor(cpus: CpuList, host: SystemDevices) {
    this.cpus = cpus;
    this.#host = host;
    this.#indexes = new Map(cpus.map((cpu, index) => [cpu, index]));
  }

  /** All nodes of the host, ascending. */
  get hostNodes(): readonly number[] {
    this.#hostNodes ??= readHostNodes(this.#host);
    return this.#hostNodes;
  }

  /** The nodes of the shown CPUs, ascending; all where the host does not say. */
  get nodes(): readonly number[] {
    this.#nodes ??= this.#readNodes();
    return this.#nodes;
  }

  /** The container's number of a package (socket) of the host, as /proc/cpuinfo has it. */
  packageNumber(hostId: string): number | undefined {
    this.#packages ??= this.#readPackages();
    return this.#packages.get(hostId);
  }

  /** The container's numbers of those among `hostCpus` that are shown. */
  ownCpus(hostCpus: CpuList): number[] {
    return hostCpus.flatMap((cpu) => this.#indexes.get(cpu) ?? []);
  }

  /** The host's name of an entry; `undefined` when the container has none of that name. */
  hostNameOf(name: string): string | undefined {
    return this.#translated(name, (index) => this.cpus[index]);
  }

  /** The container's name of an entry of the host; `undefined` when it is not shown. */
  shownNameOf(hostName: string): string | undefined {
    return this.#translated(hostName, (cpu) => this.#indexes.get(cpu));
  }

  #translated(name: string, cpuNumber: (number: number) => number | undefined): string | undefined {
    const own = numberedName(name);
    if (own === undefined) return name;
    const number = this.#numberOf(own, cpuNumber);
    return number === undefined ? undefined : `${own.kind}${number}`;
  }

  #numberOf(
    { kind, number }: NumberedName,
    cpuNumber: (number: number) => number | undefined,
  ): number | undefined {
    switch (kind) {
      case 'cpu':
        return cpuNumber(number);
      case 'node':
        return this.nodes.includes(number) ? number : undefined;
      case 'policy':
        // Named after the host's CPUs; each CPU's own is in its `cpufreq`.
        return undefined;
    }
  }

  #readNodes(): readonly number[] {
    const withCpus = this.hostNodes.filter((node) => {
      const cpus = parseList(this.#host.readText(`node/node${node}/cpulist`) ?? '') ?? [];
      return cpus.some((cpu) => this.#indexes.has(cpu));
    });
    return withCpus.length > 0 ? withCpus : this.hostNodes;
  }

  /** Numbered from 0 as they come, unless all CPUs are shown: then the host's ids are true. */
  #readPackages(): Map<string, number> {
    const packages = new Map<string, number>();
    const online = parseList(this.#host.readText('cpu/online') ?? '') ?? [];
    if (online.length === this.cpus.length) return packages;
    for (const cpu of this.cpus) {
      const hostId = this.#host.readText(`cpu/cpu${cpu}/topology/physical_package_id`);
      if (hostId !== undefined && !packages.has(hostId)) packages.set(hostId, packages.size);
    }
    return packages;
  }
}

function readHostNodes(host: SystemDevices): number[] {
  const names = (host.list('node') ?? []).map(({ name }) => numberedName(name));
  return names.flatMap((own) => (own?.kind === 'node' ? [own.number] : [])).sort((a, b) => a - b);
}
