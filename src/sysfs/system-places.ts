// Which places there are for a caller, and where the host has what is behind them.

import type { EntryStat, SystemDevices } from '../host/system-devices.ts';
import { highestIndex } from './node-ids.ts';
import {
  childOf,
  dependsOnReader,
  nameOf,
  namesOf,
  numberedName,
  type Place,
  servedType,
} from './place.ts';
import { PlaceIndex } from './place-index.ts';
import type { ShownMachine } from './shown-machine.ts';
import type { Asking } from './shown-machines.ts';

/** A place that the caller has, and what the host has there. */
export interface Found {
  readonly place: Place;
  /** Below /sys/devices/system. */
  readonly hostPath: string;
  readonly stat: EntryStat;
}

const entryTypes = ['directory', 'file', 'link'] as const;

export class SystemPlaces {
  readonly #host: SystemDevices;
  readonly #index = new PlaceIndex();

  constructor(host: SystemDevices) {
    this.#host = host;
  }

  find(nodeId: number, asking: Asking): Found | undefined {
    const place = this.placeOf(nodeId, asking);
    return place && this.found(place, asking);
  }

  /** Also one that other callers have. */
  placeOf(nodeId: number, asking: Asking): Place | undefined {
    return this.#index.find(nodeId, (place) => this.list(place, asking));
  }

  /** `undefined` when the caller does not have the place, or the host has something else there. */
  found(place: Place, asking: Asking): Found | undefined {
    const hostPath = hostPathOf(place, asking);
    if (hostPath === undefined) return undefined;
    const stat = place.type === 'link' ? this.#host.statLink(hostPath) : this.#host.stat(hostPath);
    return stat?.type === place.type ? { place, hostPath, stat } : undefined;
  }

  /** What the caller has in a directory, in the host's order, `cpuN` and `nodeN` last by number. */
  list(place: Place, asking: Asking): Place[] {
    const hostPath = hostPathOf(place, asking);
    const entries = hostPath === undefined ? undefined : this.#host.list(hostPath);
    const places = (entries ?? []).flatMap((entry) => {
      const type = servedType(entry);
      const name = type && shownName(entry.name, asking);
      if (type === undefined || name === undefined) return [];
      const child = childOf(place, name, type);
      return this.#index.add(child) === undefined ? [] : [child];
    });
    return places.sort((a, b) => orderOf(a) - orderOf(b));
  }

  /** A child that the caller has, or that another caller has or had. */
  child(parent: Place, name: string, asking: Asking): Place | undefined {
    return (
      this.#knownChild(parent, name) ??
      this.list(parent, asking).find((place) => nameOf(place) === name)
    );
  }

  /** Where a link leads, in the caller's names. */
  linkTarget({ place, hostPath }: Found, asking: Asking): string | undefined {
    if (place.type !== 'link') return undefined;
    const names = this.#host.linkTarget(hostPath)?.split('/');
    const shown = names?.map((name) => shownName(name, asking));
    return shown?.every((name) => name !== undefined) ? shown.join('/') : undefined;
  }

  #knownChild(parent: Place, name: string): Place | undefined {
    const places = entryTypes.map((type) => childOf(parent, name, type));
    return places.find((place) =>
      place.index === parent.index ? this.#index.knows(place) : this.#isAnywhere(place),
    );
  }

  /** Whether a `cpuN` or `nodeN` is there for a reader who has all of the host. */
  #isAnywhere({ tree, index = 0 }: Place): boolean {
    if (index > highestIndex) return false;
    const names = (this.#host.list(tree) ?? []).map(({ name }) => numberedName(name));
    const numbers = names.flatMap((own) => (own?.kind === tree ? [own.number] : []));
    return numbers.includes(index) || (tree === 'cpu' && index < numbers.length);
  }
}

/** What a caller has none of has no path. */
function hostPathOf(place: Place, asking: Asking): string | undefined {
  const names = namesOf(place);
  const machine = dependsOnReader(place) ? asking.shown.machine : undefined;
  if (machine === undefined) return names.join('/');
  const hostNames = names.map((name) => machine.hostNameOf(name));
  return hostNames.every((name) => name !== undefined) ? hostNames.join('/') : undefined;
}

/** Who asks makes a difference for numbered names alone. */
function shownName(hostName: string, asking: Asking): string | undefined {
  const machine: ShownMachine | undefined =
    numberedName(hostName) === undefined ? undefined : asking.shown.machine;
  return machine === undefined ? hostName : machine.shownNameOf(hostName);
}

function orderOf(place: Place): number {
  return numberedName(nameOf(place))?.number ?? -1;
}
