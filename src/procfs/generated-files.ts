// The catalogue, bound to one thread's resolver and sources: files that a tree can hold.

import type { Caller } from '../fuse/file-system.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import type { GeneratedFile } from '../vfs/tree.ts';
import { type CatalogueEntry, catalogue } from './catalogue.ts';
import { type FallbackParts, textFor } from './fallback.ts';
import { pressureFiles } from './pressure.ts';
import type { Sources } from './sources.ts';

/**
 * How long a text of a file may become, from the host's now: counters grow by digits, and a
 * container's text has hardly more lines than the host's.
 */
function longestTextOf(entry: CatalogueEntry, { host }: Sources): number {
  return Math.ceil((host.readText(entry.hostPath)?.length ?? 0) * 1.25) + 1024;
}

/**
 * For those who bind the tree without the mount that is on it, such as LXC for containers in
 * containers: what that mount serves, but for triggers.
 */
const behindPressure = pressureFiles.map((file) => ({ ...file, mode: 0o444 }));

/** One generated file for each row whose file the host has. */
export function generatedFiles(resolver: ReaderResolver, parts: FallbackParts): GeneratedFile[] {
  const rows = [...catalogue, ...behindPressure];
  const served = rows.filter(({ hostPath }) => parts.sources.host.has(hostPath));
  return served.map((entry) => ({
    path: entry.path,
    nodeId: entry.nodeId,
    mode: entry.mode,
    longestText: longestTextOf(entry, parts.sources),
    generate: ({ callerTid }: Caller) =>
      textFor(entry, { reader: resolver.resolve(callerTid), callerTid }, parts),
  }));
}
