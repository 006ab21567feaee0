// Which machine a caller is shown.

import type { CpuList } from '../cgroup/cpuset.ts';
import type { Caller } from '../fuse/file-system.ts';
import { parseList, type SystemDevices } from '../host/system-devices.ts';
import { readContainerCpus } from '../procfs/cpus.ts';
import { type FallbackParts, type TextSource, textFor } from '../procfs/fallback.ts';
import { hostOwner } from '../procfs/owner.ts';
import type { Reader } from '../reader/reader.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import { renderCpuList } from '../render/cpu-sets.ts';
import { ShownMachine } from './shown-machine.ts';

/** The container's CPUs in the host's numbers, with all that stands in when they are not known. */
const cpusSource: TextSource = {
  path: 'sys/devices/system/cpu',
  hostPath: '/sys/devices/system/cpu/online',
  containerText: (container, sources) => renderCpuList(readContainerCpus(container, sources)),
};

/** What the kernel says of CPUs and nodes changes when hardware does. */
const ttlUsec = 1e6;
const maxMachines = 64;

export interface ShownMachinesParts {
  readonly resolver: Pick<ReaderResolver, 'resolve'>;
  readonly textParts: FallbackParts;
  readonly host: SystemDevices;
}

export interface Shown {
  readonly reader: Reader;
  /** `undefined`: the host's own. */
  readonly machine: ShownMachine | undefined;
  /** Whom to charge for texts that are kept. */
  readonly owner: number;
}

/** Who asks is found out at most once a request, and only when it makes a difference. */
export class Asking {
  readonly caller: Caller;
  readonly #machines: ShownMachines;
  #shown: Shown | undefined;

  constructor(machines: ShownMachines, caller: Caller) {
    this.#machines = machines;
    this.caller = caller;
  }

  get shown(): Shown {
    this.#shown ??= this.#machines.to(this.caller);
    return this.#shown;
  }
}

export class ShownMachines {
  readonly #parts: ShownMachinesParts;
  readonly #machines = new Map<string, ShownMachine>();
  #begunUsec = 0;

  constructor(parts: ShownMachinesParts) {
    this.#parts = parts;
  }

  to({ callerTid }: Caller): Shown {
    const { resolver, textParts } = this.#parts;
    const reader = resolver.resolve(callerTid);
    if (reader.kind !== 'container') return { reader, machine: undefined, owner: hostOwner };
    const { text, owner, origin } = textFor(cpusSource, { reader, callerTid }, textParts);
    if (origin === 'host') return { reader, machine: undefined, owner };
    return { reader, machine: this.#machineOf(text), owner };
  }

  /** Containers with the same CPUs are shown the same machine. */
  #machineOf(text: string): ShownMachine {
    const nowUsec = this.#parts.textParts.sources.clock.monotonicUsec();
    if (nowUsec - this.#begunUsec > ttlUsec || this.#machines.size >= maxMachines) {
      this.#machines.clear();
      this.#begunUsec = nowUsec;
    }
    let machine = this.#machines.get(text);
    if (machine === undefined) {
      const cpus: CpuList = parseList(text) ?? [];
      machine = new ShownMachine(cpus, this.#parts.host);
      this.#machines.set(text, machine);
    }
    return machine;
  }
}
