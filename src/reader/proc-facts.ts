// What the policy asks, answered from procfs, each answer only when asked.

import { readTextFile } from '../kernel/kept-file.ts';
import { readNamespaceLink } from '../kernel/process.ts';
import type { CgroupFacts } from './cgroup-policy.ts';
import type { ContainerInit } from './container-init.ts';

/**
 * The mount namespaces of the host: pid 1's, and the daemon's own, which a service
 * manager, or a container that it is packed in, may have made for it.
 */
export function readHostMountns(): ReadonlySet<string> {
  const links = ['/proc/1', '/proc/self'].map((dir) => readNamespaceLink(dir, 'mnt'));
  return new Set(links.filter((link) => link !== undefined));
}

export class ProcFacts implements CgroupFacts {
  readonly #callerDir: string;
  readonly #hostMountns: ReadonlySet<string>;
  readonly #init: ContainerInit | undefined;

  /** Without `init` the caller is in the host's pid namespace. */
  constructor(callerDir: string, hostMountns: ReadonlySet<string>, init?: ContainerInit) {
    this.#callerDir = callerDir;
    this.#hostMountns = hostMountns;
    this.#init = init;
  }

  get pidns(): 'host' | 'container' {
    return this.#init === undefined ? 'host' : 'container';
  }

  readerMountns(): string | undefined {
    return readNamespaceLink(this.#callerDir, 'mnt');
  }

  isHostMountns(link: string): boolean {
    return this.#hostMountns.has(link);
  }

  isInitMountns(link: string): boolean {
    // What was read earlier may be out of date only while the container is set up.
    return this.#init?.knownMountns === link || this.#init?.readMountns() === link;
  }

  readerCgroupText(): string | undefined {
    return readTextFile(`${this.#callerDir}/cgroup`);
  }

  initCgroupText(): string | undefined {
    return this.#init?.readCgroupText();
  }
}
