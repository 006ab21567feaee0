// The memory of a server, in one file that its supervisor keeps for the next one.

import { HostFiles } from '../host/host-files.ts';
import { readPossibleCpuCount } from '../host/online-cpus.ts';
import { type Mapping, viewMapping } from '../kernel/mapped-memory.ts';
import { randomHalves } from '../kernel/random.ts';
import { Bell } from '../shared/bell.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { TriggerTable } from '../vfs/trigger-table.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { SharedLoads } from '../view/shared-loads.ts';
import { Journal } from './journal.ts';
import { Poison } from './poison.ts';
import { SessionRecord } from './session-record.ts';
import { type RegionSpec, StateFile } from './state-file.ts';
import { Switches } from './switches.ts';
import type { SharedMemory } from './worker-start.ts';

/** Of the connection for /proc/pressure. */
export interface PressureRegions {
  readonly journal: Mapping;
  readonly openFiles: Mapping;
  readonly triggers: Mapping;
}

export interface ServerMemory {
  readonly fd: number;
  readonly shared: SharedMemory;
  readonly pressure: PressureRegions;
  readonly session: Mapping;
  /** What an earlier version had, and this one has otherwise. Its owner has ended. */
  dropOutdated(): void;
}

const epochs = 2 ** 19;

function openFilesRegion(name: string): RegionSpec {
  return {
    name,
    version: 1,
    byteLength: OpenFiles.byteLength,
    format: (memory) => OpenFiles.format(memory, (randomHalves().low >>> 0) % epochs),
  };
}

function cpuTimesRegion(possibleCpus: number): RegionSpec {
  return {
    name: 'cpu-times',
    version: 2,
    byteLength: SharedCpuTimes.byteLengthFor(possibleCpus),
    format: (memory) => SharedCpuTimes.format(memory, possibleCpus, randomHalves()),
  };
}

const loadsRegion: RegionSpec = {
  name: 'loads',
  version: 2,
  byteLength: SharedLoads.byteLength,
  format: (memory) => SharedLoads.format(memory, randomHalves()),
};

const triggersRegion: RegionSpec = {
  name: 'triggers',
  version: 1,
  byteLength: TriggerTable.byteLength,
};

/** What an earlier server left in the file `keptFd`, as far as this one knows it; else begun anew. */
export function openServerMemory(keptFd: number | undefined): ServerMemory {
  const kept = keptFd === undefined ? undefined : StateFile.open(keptFd);
  const state = kept ?? StateFile.create();
  return {
    fd: state.fd,
    dropOutdated: () => state.dropOutdated(),
    session: state.region(SessionRecord.region),
    shared: {
      journal: state.region(Journal.region('journal')),
      poison: state.region(Poison.region),
      openFiles: state.region(openFilesRegion('open-files')),
      cpuTimes: state.region(cpuTimesRegion(readPossibleCpuCount(new HostFiles()))),
      loads: { rows: state.region(loadsRegion), bell: Bell.allocate() },
      switches: state.region(Switches.region),
    },
    pressure: {
      journal: state.region(Journal.region('pressure-journal')),
      openFiles: state.region(openFilesRegion('pressure-open-files')),
      triggers: state.region(triggersRegion),
    },
  };
}

/** Breaks the locks of a server that has ended, and puts right what its threads left half-done. */
export function recoverMemory(memory: ServerMemory, owner: number): void {
  const { shared, pressure } = memory;
  memory.dropOutdated();
  new OpenFiles(viewMapping(shared.openFiles), owner).recoverAll();
  new OpenFiles(viewMapping(pressure.openFiles), owner).recoverAll();
  new SharedCpuTimes(viewMapping(shared.cpuTimes), owner).recoverAll();
  new SharedLoads(viewMapping(shared.loads.rows), owner).recoverAll();
}
