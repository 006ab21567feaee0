// One container as a serving thread knows it: its cgroups, and what it was last told.

import type { ContainerCgroup } from '../cgroup/container-cgroup.ts';
import { KeptTaskCounts } from '../cgroup/kept-task-counts.ts';
import { countTasks } from '../cgroup/tasks.ts';
import type { ContainerReader } from '../reader/reader.ts';
import type { RowKey } from '../shared/keyed-rows.ts';
import { ownerOf } from './owner.ts';

interface LastText {
  readonly text: string;
  readonly atUsec: number;
}

/** What a container was last told, by file. */
export type LastTexts = Map<string, LastText>;

/** Older texts are not repeated: the host's numbers mislead less than a container's of long ago. */
export const lastTextTtlUsec = 10e6;
/** Longer ones (cpuinfo of a large host) are not kept: hundreds of containers would hold too much. */
const longestLastText = 16_384;

export interface ContainerParts {
  readonly reader: ContainerReader;
  readonly cgroup: ContainerCgroup;
  readonly openedAtUsec: number;
  /** Kept elsewhere: they outlive the object. */
  readonly lastTexts: LastTexts;
}

export class Container {
  readonly cgroup: ContainerCgroup;
  /** CLOCK_MONOTONIC when its cgroups were opened. */
  readonly openedAtUsec: number;
  /** The same for all readers of the container, different for all others. */
  readonly identity: string;
  readonly initStartTicks: number;
  readonly pidnsInode: number;
  readonly taskCounts: KeptTaskCounts;
  /** Hashed from the identity at first use. */
  cpuTimesKey?: RowKey;
  /** Of the cgroup whose tasks make its load, likewise. */
  loadKey?: RowKey;
  readonly #lastTexts: LastTexts;
  readonly #reader: ContainerReader;
  #owner: number | undefined;

  constructor({ reader, cgroup, openedAtUsec, lastTexts }: ContainerParts) {
    this.#reader = reader;
    this.cgroup = cgroup;
    this.openedAtUsec = openedAtUsec;
    this.#lastTexts = lastTexts;
    this.identity = identityOf(reader);
    this.initStartTicks = reader.initStartTicks;
    this.pidnsInode = reader.pidnsInode;
    this.taskCounts = new KeptTaskCounts(() => countTasks(cgroup));
  }

  /** See owner.ts. */
  get owner(): number {
    this.#owner ??= ownerOf(this.#reader, this.cgroup);
    return this.#owner;
  }

  rememberText(path: string, text: string, atUsec: number): void {
    if (text.length > longestLastText) this.#lastTexts.delete(path);
    else this.#lastTexts.set(path, { text, atUsec });
  }

  /** The last text of a file, unless it is too old to be told again. */
  lastText(path: string, nowUsec: number): string | undefined {
    const last = this.#lastTexts.get(path);
    return last !== undefined && nowUsec - last.atUsec < lastTextTtlUsec ? last.text : undefined;
  }

  close(): void {
    this.cgroup.close();
  }
}

/** Two containers of one pod share a pid namespace; two of one cgroup do not. */
export function identityOf(reader: ContainerReader): string {
  return `${reader.pidnsInode}:${reader.initStartTicks}:${reader.cgroupText}`;
}
