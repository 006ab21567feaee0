// What `nsproc explain` says of a process: who it is taken for, and for each
// number of a file the kernel values it was made from.

import { ContainerCgroup } from '../cgroup/container-cgroup.ts';
import type { CgroupLayout } from '../cgroup/layout.ts';
import { parseMembership } from '../cgroup/membership.ts';
import type { ContainerReader } from '../reader/reader.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { Container } from './container.ts';
import { type ReadRecord, type SourceValue, sourceValues } from './provenance/provenance.ts';
import type { Sources } from './sources.ts';

export interface ExplainedNumber {
  readonly label: string;
  /** As the container reads it. */
  readonly value: string;
  /** `container`: from its own values. `host`: the host's line. `none`: not counted, shown as 0. */
  readonly origin: 'container' | 'host' | 'none';
  readonly from: readonly SourceValue[];
}

export interface ExplainedFile {
  readonly path: string;
  /** `container`, or `host` when the whole file is the host's. */
  readonly origin: 'container' | 'host';
  readonly numbers: readonly ExplainedNumber[];
}

/** The cgroup directory of each controller whose values count. */
export type CgroupDirs = Readonly<Record<string, string>>;

const shownControllers = ['memory', 'cpu', 'cpuacct', 'cpuset', 'blkio'] as const;

/** Explains files for one container, from readings of its own. */
export class Explainer {
  readonly #reader: ContainerReader;
  readonly #sources: Sources;
  readonly #container: Container;
  #reads: ReadRecord[] = [];

  constructor(reader: ContainerReader, layout: CgroupLayout, sources: Sources) {
    const onRead = (path: string, text: string) => this.#reads.push({ path, text });
    const cgroup = new ContainerCgroup(layout, parseMembership(reader.cgroupText), onRead);
    this.#reader = reader;
    this.#sources = sources;
    this.#container = new Container({
      reader,
      cgroup,
      openedAtUsec: sources.clock.monotonicUsec(),
      lastTexts: new Map(),
    });
  }

  cgroupDirs(): CgroupDirs {
    const dirs: Record<string, string> = {};
    for (const name of shownControllers) {
      const cgroup = this.#container.cgroup.controller(name);
      const [own] = cgroup?.chain ?? [];
      if (own !== undefined) dirs[name] = `${own.path} (v${cgroup?.version})`;
    }
    return dirs;
  }

  /** As the thread `tid` reads the file. */
  explain(entry: CatalogueEntry, tid: number): ExplainedFile {
    this.#reads = [this.#initStart()];
    const text = entry.containerText(this.#container, this.#sources, tid);
    const { provenance } = entry;
    const shown = text ?? this.#sources.host.readText(entry.hostPath) ?? '';
    return {
      path: entry.path,
      origin: text === undefined ? 'host' : 'container',
      numbers: provenance.numbers(shown).map(([label, value]) => {
        const listed = text === undefined ? undefined : provenance.sources(label);
        return this.#explained(label, value, listed, entry);
      }),
    };
  }

  close(): void {
    this.#container.close();
  }

  #explained(
    label: string,
    value: string,
    sources: readonly string[] | undefined,
    { hostPath }: CatalogueEntry,
  ): ExplainedNumber {
    if (sources === undefined) {
      return { label, value, origin: 'host', from: [{ path: hostPath, field: label, value }] };
    }
    const from = sources.flatMap((source) => sourceValues(source, this.#reads));
    return { label, value, origin: from.length === 0 ? 'none' : 'container', from };
  }

  /** Read when the init was found, and kept since: it never changes. */
  #initStart(): ReadRecord {
    const { initPid, initStartTicks } = this.#reader;
    return { path: `/proc/${initPid}/stat`, text: `starttime ${initStartTicks} ticks since boot` };
  }
}
