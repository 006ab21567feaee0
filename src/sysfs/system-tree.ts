// /sys/devices/system/cpu and /sys/devices/system/node: the host's own entries, as far as the
// reader's machine has them, under the names they have there, with the host's permissions.

import { FsError } from '../fuse/errno.ts';
import type { Caller } from '../fuse/file-system.ts';
import { EACCES, ENOENT, S_IFDIR, S_IFLNK, S_IFREG } from '../fuse/protocol/constants.ts';
import type { Attr, Dirent } from '../fuse/protocol/reply.ts';
import type { EntryStat, EntryType, SystemDevices } from '../host/system-devices.ts';
import { type FallbackParts, textFor } from '../procfs/fallback.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import type { DynamicTree } from '../vfs/dynamic-tree.ts';
import type { GeneratedText } from '../vfs/tree.ts';
import { inodeOf, nodeIdOf, ownsNodeId, wayNodeIds } from './node-ids.ts';
import { nodeMemorySource } from './node-memory.ts';
import { dependsOnReader, isRoot, nameOf, type Place, parentOf } from './place.ts';
import { rewriteOf, ruleName } from './rewritten-texts.ts';
import { Asking, ShownMachines } from './shown-machines.ts';
import { type Found, SystemPlaces } from './system-places.ts';

export interface SystemTreeParts {
  readonly host: SystemDevices;
  readonly resolver: Pick<ReaderResolver, 'resolve'>;
  readonly textParts: FallbackParts;
  /** All times of all nodes, seconds since 1970. */
  readonly timeSec: number;
}

const typeBits: Readonly<Record<EntryType, number>> = {
  directory: S_IFDIR,
  file: S_IFREG,
  link: S_IFLNK,
};
/** What is told of a place that this caller does not have. */
const elsewhereMode = 0o555;
/** For what all readers have: the host may change its rights. */
const sharedValidSec = 1;

export class SystemTree implements DynamicTree {
  readonly #parts: SystemTreeParts;
  readonly #places: SystemPlaces;
  readonly #machines: ShownMachines;

  constructor(parts: SystemTreeParts) {
    this.#parts = parts;
    this.#places = new SystemPlaces(parts.host);
    this.#machines = new ShownMachines(parts);
  }

  owns(nodeId: number): boolean {
    return ownsNodeId(nodeId);
  }

  child(parentId: number, name: string, caller: Caller): Attr | undefined {
    const asking = new Asking(this.#machines, caller);
    const parent = this.#places.placeOf(parentId, asking);
    const place = parent && this.#places.child(parent, name, asking);
    if (place === undefined) return undefined;
    const found = this.#places.found(place, asking);
    return found ? this.#attrOf(found) : this.#attrElsewhere(place);
  }

  attr(nodeId: number, caller: Caller): Attr | undefined {
    const found = this.#places.find(nodeId, new Asking(this.#machines, caller));
    return found && this.#attrOf(found);
  }

  entries(nodeId: number, caller: Caller): readonly Dirent[] | undefined {
    const asking = new Asking(this.#machines, caller);
    const found = this.#places.find(nodeId, asking);
    if (found?.place.type !== 'directory') return undefined;
    const { place } = found;
    const parentId = isRoot(place) ? wayNodeIds.system : nodeIdOf(parentOf(place));
    return [
      direntOf('.', nodeId, 'directory'),
      direntOf('..', parentId, 'directory'),
      ...this.#places
        .list(place, asking)
        .map((child) => direntOf(nameOf(child), nodeIdOf(child), child.type)),
    ].map((entry, index) => ({ ...entry, nextOffset: index + 1 }));
  }

  linkTarget(nodeId: number, caller: Caller): string | undefined {
    const asking = new Asking(this.#machines, caller);
    const found = this.#places.find(nodeId, asking);
    return found && this.#places.linkTarget(found, asking);
  }

  text(nodeId: number, caller: Caller): GeneratedText | undefined {
    const asking = new Asking(this.#machines, caller);
    const found = this.#places.find(nodeId, asking);
    if (found?.place.type !== 'file') return undefined;
    requireMayRead(found, caller);
    return this.#textOf(found, asking);
  }

  #textOf(found: Found, asking: Asking): GeneratedText {
    const { machine, owner, reader } = asking.shown;
    if (machine !== undefined && ruleName(found.place) === 'node#/meminfo') {
      const source = nodeMemorySource(found.place.index ?? 0, machine);
      const { callerTid } = asking.caller;
      return textFor(source, { reader, callerTid }, this.#parts.textParts);
    }
    const hostText = this.#hostText(found);
    const own = machine && rewriteOf(found.place)?.(hostText, machine);
    return { text: own ?? hostText, owner };
  }

  /** A refusal of the driver (EBUSY, EIO ...) is the reader's as well. */
  #hostText({ hostPath }: Found): string {
    const read = this.#parts.host.read(hostPath);
    if (read === undefined) throw new FsError(`No ${hostPath} of the host`, ENOENT);
    if ('errno' in read) throw new FsError(`Cannot read ${hostPath} of the host`, read.errno);
    return read.text;
  }

  #attrOf({ place, stat }: Found): Attr {
    const { mode, linkCount, uid, gid, sizeBytes } = stat;
    const validSec = dependsOnReader(place) ? 0 : sharedValidSec;
    return { ...this.#identityOf(place), mode, linkCount, uid, gid, sizeBytes, validSec };
  }

  #attrElsewhere(place: Place): Attr {
    const mode = typeBits[place.type] | elsewhereMode;
    return { ...this.#identityOf(place), mode, linkCount: 1, sizeBytes: 0, validSec: 0 };
  }

  #identityOf(place: Place): Pick<Attr, 'nodeId' | 'inode' | 'timeSec'> {
    const nodeId = nodeIdOf(place);
    return { nodeId, inode: inodeOf(nodeId), timeSec: this.#parts.timeSec };
  }
}

function direntOf(name: string, nodeId: number, type: EntryType): Dirent {
  const fixed = { linkCount: 1, sizeBytes: 0, timeSec: 0, validSec: 0 };
  const attr = { nodeId, inode: inodeOf(nodeId), mode: typeBits[type], ...fixed };
  return { name, attr, nextOffset: 0 };
}

/**
 * The kernel has checked the mode bits (default_permissions), but of the attributes that it was told
 * last, which can be those of another reader's CPU. Stricter than the kernel to processes that
 * are not root and have CAP_DAC_READ_SEARCH.
 */
function requireMayRead({ hostPath, stat }: Found, { uid, gid }: Caller): void {
  if (!mayRead(stat, uid, gid)) throw new FsError(`Cannot read ${hostPath}`, EACCES);
}

function mayRead(stat: EntryStat, uid: number, gid: number): boolean {
  if (uid === 0) return true;
  const shift = uid === stat.uid ? 6 : gid === stat.gid ? 3 : 0;
  return ((stat.mode >> shift) & 4) !== 0;
}
