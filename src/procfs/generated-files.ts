// The catalogue, bound to one thread's resolver and sources: files that a tree can hold.

import type { Caller } from '../fuse/file-system.ts';
import { withFds } from '../reader/out-of-fds.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import type { GeneratedFile } from '../vfs/tree.ts';
import { catalogue } from './catalogue.ts';
import { type FallbackParts, textFor } from './fallback.ts';

/** One generated file for each row of the catalogue whose file the host has. */
export function generatedFiles(resolver: ReaderResolver, parts: FallbackParts): GeneratedFile[] {
  const served = catalogue.filter(({ hostPath }) => parts.sources.host.has(hostPath));
  const giveBack = () => {
    parts.containers.close();
    resolver.close();
  };
  return served.map((entry) => ({
    path: entry.path,
    nodeId: entry.nodeId,
    mode: entry.mode,
    generate: ({ callerTid }: Caller) =>
      withFds(
        () => textFor(entry, { reader: resolver.resolve(callerTid), callerTid }, parts),
        giveBack,
      ),
  }));
}
