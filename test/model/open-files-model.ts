// What OpenFiles promises, written as plainly as can be: a map of handles, and
// counts that are summed up anew whenever they are needed.

import type { ReadEnd, ReadOn } from '../../src/vfs/open-files.ts';

const pageBytes = 4096;
/** An owner's share: a sixteenth of 32,768 entries and of 8,192 pages. */
const mostEntriesOfOwner = 2048;
const mostPagesOfOwner = 512;

interface Remembered {
  readonly owner: number;
  text: string;
  nextOffset: number;
  pages: number;
  /** Where the last read that went on began. */
  lastOffset: number;
}

export class OpenFilesModel {
  readonly #remembered = new Map<number, Remembered>();

  /** The bytes that go on at `offset`, or `undefined` when a fresh text is due. */
  readOn({ handle, offset, isAskedAgain }: ReadOn, size: number): string | undefined {
    const file = this.#remembered.get(handle);
    if (file === undefined) return undefined;
    const isLast = isAskedAgain && file.lastOffset === offset;
    if (file.nextOffset !== offset && !isLast) return undefined;
    const piece = file.text.slice(offset, offset + size);
    if (piece === '') return piece;
    file.lastOffset = offset;
    file.nextOffset = offset + piece.length;
    return piece;
  }

  begin({ handle, owner, text, nextOffset }: ReadEnd): void {
    const known = this.#remembered.get(handle);
    if (known === undefined && this.#ofOwner(owner).length >= mostEntriesOfOwner) return;
    const pages = Math.ceil(Math.max(0, text.length - nextOffset) / pageBytes);
    const payer = known?.owner ?? owner;
    this.#remembered.delete(handle);
    const pagesOfPayer = this.#ofOwner(payer).reduce((sum, file) => sum + file.pages, 0);
    if (pages > 0 && pagesOfPayer + pages > mostPagesOfOwner) return;
    this.#remembered.set(handle, { owner: payer, text, nextOffset, pages, lastOffset: -1 });
  }

  release(handle: number): void {
    this.#remembered.delete(handle);
  }

  /** Where the handle's next sequential read begins; 0 when it is not remembered. */
  nextOffset(handle: number): number {
    return this.#remembered.get(handle)?.nextOffset ?? 0;
  }

  /** Where it began, if it went on with a text; else -1. */
  lastOffset(handle: number): number {
    return this.#remembered.get(handle)?.lastOffset ?? -1;
  }

  usage(): { entries: number; pages: number } {
    const files = [...this.#remembered.values()];
    return { entries: files.length, pages: files.reduce((sum, file) => sum + file.pages, 0) };
  }

  #ofOwner(owner: number): Remembered[] {
    return [...this.#remembered.values()].filter((file) => file.owner === owner);
  }
}
