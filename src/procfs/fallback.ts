// What a reader gets when the container's own text can't be made. The only
// place that decides it:
//
//   1. the container's text
//   2. the same once more, from cgroups opened anew unless they just were (they may have been
//      made again under the same names)
//   3. the last good text of this container, for some seconds
//   4. the host's file
//   5. EIO

import { FsError } from '../fuse/errno.ts';
import { EIO } from '../fuse/protocol/constants.ts';
import type { ContainerReader, Reader } from '../reader/reader.ts';
import type { GeneratedText } from '../vfs/tree.ts';
import type { CatalogueEntry } from './catalogue.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { hostOwner } from './owner.ts';
import type { Sources } from './sources.ts';

/** What a text is made from, as far as that is decided here. */
export type TextSource = Pick<
  CatalogueEntry,
  'path' | 'hostPath' | 'hostText' | 'containerText' | 'isShown'
>;

/** Told why a container's text could not be made, each time. */
export type ReportFallback = (entry: TextSource, reader: Reader, error: unknown) => void;

export interface FallbackParts {
  readonly containers: Containers;
  readonly sources: Sources;
  readonly report: ReportFallback;
  /** Whether an error is a shortage of the daemon's own, which says nothing of the container. */
  readonly isShortage: (error: unknown) => boolean;
}

/** Cgroups opened less long ago are not opened again for one failed reading. */
const reopenAfterUsec = 1e6;

/** The request for a text: who made it, and whom the reader belongs to. */
export interface TextRequest<Kind extends Reader = Reader> {
  readonly reader: Kind;
  readonly callerTid: number;
}

export interface ServedText extends GeneratedText {
  readonly origin: 'container' | 'host';
}

/** A text for a reader. Throws FsError EIO when nothing is left to give. */
export function textFor(
  entry: TextSource,
  { reader, callerTid }: TextRequest,
  parts: FallbackParts,
): ServedText {
  const owner = reader.kind === 'container' ? parts.containers.of(reader).owner : hostOwner;
  if (reader.kind === 'container' && entry.isShown?.(parts.sources) !== false) {
    const text = containerText(entry, { reader, callerTid }, parts);
    if (text !== undefined) return { text, owner, origin: 'container' };
  }
  const text = hostText(entry, callerTid, parts);
  if (text === undefined) throw new FsError(`Cannot read ${entry.hostPath} of the host`, EIO);
  return { text, owner, origin: 'host' };
}

function hostText(
  { hostPath, hostText: textOf }: TextSource,
  callerTid: number,
  { sources }: FallbackParts,
): string | undefined {
  return textOf === undefined ? sources.host.readText(hostPath) : textOf(sources, callerTid);
}

function containerText(
  entry: TextSource,
  request: TextRequest<ContainerReader>,
  parts: FallbackParts,
): string | undefined {
  const { reader } = request;
  const { containers, sources } = parts;
  const nowUsec = sources.clock.monotonicUsec();
  let container = containers.of(reader);
  let text = attempt(entry, container, request, parts);
  if (text === undefined) {
    const lastText = container.lastText(entry.path, nowUsec);
    const isOld = nowUsec - container.openedAtUsec > reopenAfterUsec;
    if (isOld) container = containers.reopened(reader);
    text = attempt(entry, container, request, parts);
    if (text === undefined) return lastText;
  }
  container.rememberText(entry.path, text, nowUsec);
  return text;
}

function attempt(
  entry: TextSource,
  container: Container,
  { reader, callerTid }: TextRequest,
  { sources, report, isShortage }: FallbackParts,
): string | undefined {
  try {
    return entry.containerText(container, sources, callerTid);
  } catch (error) {
    // The host's numbers would be a wrong answer to it.
    if (isShortage(error)) throw error;
    report(entry, reader, error);
    return undefined;
  }
}
