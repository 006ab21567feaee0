// The catalogue, bound to one thread's resolver and sources: files that a tree can hold.

import type { Caller } from '../fuse/file-system.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import type { GeneratedFile } from '../vfs/tree.ts';
import { catalogue } from './catalogue.ts';
import { type FallbackParts, textFor } from './fallback.ts';

/** One generated file for each row of the catalogue. */
export function generatedFiles(resolver: ReaderResolver, parts: FallbackParts): GeneratedFile[] {
  return catalogue.map((entry) => ({
    path: entry.path,
    nodeId: entry.nodeId,
    mode: entry.mode,
    generate: ({ callerTid }: Caller) =>
      textFor(entry, { reader: resolver.resolve(callerTid), callerTid }, parts),
  }));
}
