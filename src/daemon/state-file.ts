// What outlives a server, in one memfd that its supervisor keeps: named regions, each with a
// version of its own. A server finds its predecessor's regions, also when that was another
// version of nsproc; a region of an unknown version, or size, is begun anew, beside the old one as
// long as the predecessor may still be using that.
//
// native/state.h has the same layout.

import {
  clearMemoryFile,
  createMemoryFile,
  type Mapping,
  mapMemoryFile,
  mappingAlignment,
  memoryFileLength,
  resizeMemoryFile,
  viewMapping,
} from '../kernel/mapped-memory.ts';

const magic = Buffer.from('nsproc\0\x01', 'latin1');
const rowsBegin = 64;
const rowBytes = 64;
const rowCount = 62;
const headerBytes = mappingAlignment;

/** Offsets in a row. */
const NAME = 0;
const VERSION = 32;
const OFFSET = 40;
const LENGTH = 48;

export interface RegionSpec {
  /** At most 31 bytes. */
  readonly name: string;
  /** Of the layout: a server that knows another one begins anew. */
  readonly version: number;
  readonly byteLength: number;
  /** Writes what is not zero at first. */
  readonly format?: (memory: ArrayBuffer) => void;
}

interface Row {
  readonly at: number;
  readonly name: string;
  readonly version: number;
  readonly offset: number;
  readonly byteLength: number;
}

export class StateFile {
  readonly fd: number;
  readonly #header: Buffer;
  /** Names and versions that region() was asked for. */
  readonly #wanted = new Map<string, RegionSpec>();

  private constructor(fd: number, header: Buffer) {
    this.fd = fd;
    this.#header = header;
  }

  static create(): StateFile {
    const fd = createMemoryFile('nsproc-state');
    resizeMemoryFile(fd, headerBytes);
    const header = Buffer.from(viewMapping(mapMemoryFile(fd, 0, headerBytes)));
    magic.copy(header);
    return new StateFile(fd, header);
  }

  /** `undefined` when it is not a state file, or one of a layout that is not known here. */
  static open(fd: number): StateFile | undefined {
    const length = memoryFileLength(fd);
    if (length < headerBytes) return undefined;
    const header = Buffer.from(viewMapping(mapMemoryFile(fd, 0, headerBytes)));
    if (!header.subarray(0, magic.length).equals(magic)) return undefined;
    const file = new StateFile(fd, header);
    return file.#rows().every((row) => isWithin(row, length)) ? file : undefined;
  }

  /** The region as the predecessor left it, or a new one. Throws RangeError when there are too many. */
  region(spec: RegionSpec): Mapping {
    this.#wanted.set(spec.name, spec);
    const known = this.#rows().find((row) => isOf(row, spec));
    return known ? mapMemoryFile(this.fd, known.offset, known.byteLength) : this.#add(spec);
  }

  /** Gives back what region() began anew. Preconditions: the predecessor has ended. */
  dropOutdated(): void {
    for (const row of this.#rows()) {
      const spec = this.#wanted.get(row.name);
      if (spec !== undefined && !isOf(row, spec)) this.#drop(row);
    }
  }

  /** Named last, so that a region is whole or not there. */
  #add({ name, version, byteLength, format }: RegionSpec): Mapping {
    const at = this.#freeRow();
    const offset = aligned(memoryFileLength(this.fd));
    resizeMemoryFile(this.fd, offset + aligned(byteLength));
    const mapping = mapMemoryFile(this.fd, offset, byteLength);
    format?.(viewMapping(mapping));
    this.#header.writeUInt32LE(version, at + VERSION);
    this.#header.writeBigUInt64LE(BigInt(offset), at + OFFSET);
    this.#header.writeBigUInt64LE(BigInt(byteLength), at + LENGTH);
    this.#header.write(`${name}\0`, at + NAME, 'latin1');
    return mapping;
  }

  #drop({ at, offset, byteLength }: Row): void {
    this.#header.fill(0, at, at + rowBytes);
    clearMemoryFile(this.fd, offset, aligned(byteLength));
  }

  #rows(): Row[] {
    return this.#rowOffsets().flatMap((at) => {
      const named = this.#header.subarray(at + NAME, at + VERSION);
      const end = named.indexOf(0);
      const name = named.toString('latin1', 0, end < 0 ? named.length : end);
      if (name === '') return [];
      return {
        at,
        name,
        version: this.#header.readUInt32LE(at + VERSION),
        offset: Number(this.#header.readBigUInt64LE(at + OFFSET)),
        byteLength: Number(this.#header.readBigUInt64LE(at + LENGTH)),
      };
    });
  }

  #freeRow(): number {
    const free = this.#rowOffsets().find((at) => this.#header[at] === 0);
    if (free === undefined) throw new RangeError('Cannot add to the state: no row is free');
    return free;
  }

  #rowOffsets(): number[] {
    return Array.from({ length: rowCount }, (_, index) => rowsBegin + index * rowBytes);
  }
}

function isOf(row: Row, { name, version, byteLength }: RegionSpec): boolean {
  return row.name === name && row.version === version && row.byteLength === byteLength;
}

/** Memory beyond the end of the file would kill who touches it (SIGBUS). */
function isWithin({ offset, byteLength }: Row, fileLength: number): boolean {
  return (
    offset >= headerBytes && offset % mappingAlignment === 0 && offset + byteLength <= fileLength
  );
}

function aligned(byteLength: number): number {
  return Math.ceil(byteLength / mappingAlignment) * mappingAlignment;
}
