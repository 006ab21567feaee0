// The host's /proc/cpuinfo, parsed and kept for a moment. On a host of many CPUs
// its kernel takes a millisecond or more to print it, piece by piece; all that
// changes in it meanwhile is the clock rate of CPUs.

import type { CpuList } from '../kernel/cpu-list.ts';
import {
  type ExecutionDomain,
  inExecutionDomain,
  readExecutionDomain,
} from '../kernel/personality.ts';
import { type HostCpuinfo, hasCpus, parseCpuinfo } from './cpuinfo.ts';
import type { HostFiles } from './host-files.ts';

const path = '/proc/cpuinfo';
const ttlUsec = 1e6;

interface Clock {
  monotonicUsec(): number;
}

interface Kept {
  readonly cpuinfo: HostCpuinfo;
  readonly readAtUsec: number;
}

export interface KeptCpuinfoParts {
  readonly host: Pick<HostFiles, 'readText'>;
  readonly clock: Clock;
  /** The kernel's, in Node's words; this machine's unless given. */
  readonly architecture?: string;
}

/** For one serving thread. */
export class KeptCpuinfo {
  readonly #parts: KeptCpuinfoParts;
  readonly #kept = new Map<ExecutionDomain, Kept>();
  /** Only arm64 has another text for 32-bit readers (c_show() in arch/arm64/kernel/cpuinfo.c). */
  readonly #dependsOnDomain: boolean;

  constructor(parts: KeptCpuinfoParts) {
    this.#parts = parts;
    this.#dependsOnDomain = (parts.architecture ?? process.arch) === 'arm64';
  }

  /** The kernel's text for a thread at this moment; `undefined` when the host has no such file. */
  readText(callerTid: number): string | undefined {
    return this.#readAs(this.#domainOf(callerTid));
  }

  /** The kernel's text for a thread, parsed, at most a second old. */
  read(callerTid: number, cpus: CpuList): HostCpuinfo | undefined {
    const domain = this.#domainOf(callerTid);
    const nowUsec = this.#parts.clock.monotonicUsec();
    const kept = this.#kept.get(domain);
    // A CPU that came online a moment ago is only in a text read since.
    if (kept && nowUsec - kept.readAtUsec < ttlUsec && hasCpus(kept.cpuinfo, cpus)) {
      return kept.cpuinfo;
    }
    const text = this.#readAs(domain);
    if (text === undefined) return undefined;
    const cpuinfo = parseCpuinfo(text);
    this.#kept.set(domain, { cpuinfo, readAtUsec: nowUsec });
    return cpuinfo;
  }

  #readAs(domain: ExecutionDomain): string | undefined {
    const read = () => this.#parts.host.readText(path);
    return this.#dependsOnDomain ? inExecutionDomain(domain, read) : read();
  }

  /** Not asked for where it makes no difference: it costs three system calls. */
  #domainOf(callerTid: number): ExecutionDomain {
    return this.#dependsOnDomain ? readExecutionDomain(callerTid) : 'native';
  }
}
