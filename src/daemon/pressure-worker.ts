// The thread that serves /proc/pressure: mounts it, then serves until the connection ends.
// It is one thread, so triggers need no lock, and none of the others waits for it.

import { Session } from '../fuse/session.ts';
import { TriggerRequests } from '../fuse/trigger-requests.ts';
import { mayExceedResources } from '../kernel/credentials.ts';
import { wasMounted } from '../kernel/fuse-device.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { mountWritableFuse } from '../kernel/mounts.ts';
import { withFds } from '../kernel/out-of-fds.ts';
import { openPressureTrigger } from '../kernel/pressure-trigger.ts';
import { postToMain, threadData } from '../kernel/threads.ts';
import { textFor } from '../procfs/fallback.ts';
import { pressureDirectory, pressureFiles } from '../procfs/pressure.ts';
import { type OwnPressureFile, PressureFileSystem } from '../procfs/pressure-file-system.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import { EventfulChannel } from '../transport/dev-fuse-events.ts';
import { GeneratedFileSystem } from '../vfs/generated-file-system.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { type GeneratedFile, Tree } from '../vfs/tree.ts';
import { TriggerTable } from '../vfs/trigger-table.ts';
import { deviceAt } from './end-mount.ts';
import type { PressureMessage, PressureStart } from './pressure-start.ts';
import { serveWhenOpen } from './serve-when-open.ts';
import { SessionRecord } from './session-record.ts';
import { ThreadLog } from './thread-log.ts';
import { threadParts } from './thread-parts.ts';

const start = threadData() as PressureStart;
const log = new ThreadLog();
const { memory, startTimeSec } = start;
const triggers = new TriggerTable(viewMapping(memory.triggers));
const { resolver, hostResolver, textParts, giveBackFds } = threadParts(start, log);

function tell(message: PressureMessage): void {
  postToMain(message);
}

function ownFile(
  nodeId: number,
  { callerTid }: { callerTid: number },
): OwnPressureFile | undefined {
  const file = pressureFiles.find((row) => row.nodeId === nodeId);
  if (file === undefined) return undefined;
  const reader = resolver.resolve(callerTid);
  if (reader.kind !== 'container') return undefined;
  const { cgroup, owner } = textParts.containers.of(reader);
  const directory = pressureDirectory(cgroup, file.resource);
  if (directory === undefined) return undefined;
  const path = `${directory.path}/${file.resource}.pressure`;
  return { path, owner };
}

function makeTree(whoReads: Pick<ReaderResolver, 'resolve'>): Tree {
  const files = pressureFiles.map(
    (entry): GeneratedFile => ({
      path: entry.resource,
      nodeId: entry.nodeId,
      mode: entry.mode,
      generate: ({ callerTid }) =>
        textFor(entry, { reader: whoReads.resolve(callerTid), callerTid }, textParts),
    }),
  );
  return new Tree([], files, startTimeSec);
}

const channel = new EventfulChannel(start.fuseFd, start.epollFd, (slot, isBroken) => {
  // What has an error always has it: waiting for it would never block again.
  if (isBroken) channel.unwatch(triggers.fdOf(slot));
  const waiting = isBroken ? triggers.break(slot) : triggers.fire(slot);
  if (waiting !== undefined) channel.notifyPoll(waiting);
});

const files = new PressureFileSystem(
  makeTree(resolver),
  new OpenFiles(viewMapping(memory.openFiles), start.thread),
  {
    triggers,
    // Requests that may have changed something are not answered twice; these parts of them have not.
    ownFile: (nodeId, caller) => withFds(() => ownFile(nodeId, caller), giveBackFds),
    isPrivileged: ({ callerTid }) => mayExceedResources(callerTid),
    open: (path, text) => withFds(() => openPressureTrigger(path, text), giveBackFds),
    onAdded: (slot) => {
      const fd = triggers.fdOf(slot);
      channel.watch(fd, slot);
      tell({ pressure: 'added', slot, fd });
    },
    unwatch: (slot) => channel.unwatch(triggers.fdOf(slot)),
    onReleased: () => tell({ pressure: 'released' }),
  },
);

function makeSession(fileSystem: PressureFileSystem): Session {
  const more = new TriggerRequests(fileSystem);
  return new Session(fileSystem, (error, header) => log.failed(error, header), more);
}

/** Reads only: what sets triggers is refused. */
function makeHostSession(): Session {
  const openFiles = new OpenFiles(viewMapping(memory.openFiles), start.thread);
  const fileSystem = new GeneratedFileSystem(makeTree(hostResolver()), openFiles);
  return new Session(fileSystem, (error, header) => log.failed(error, header));
}

/** A connection that is mounted is mounted for ever, whichever thread or server did it. */
function isMounted(): boolean {
  const session = new SessionRecord(viewMapping(memory.session));
  const wasBefore = wasMounted(start.fuseFd);
  try {
    if (!wasBefore) mountWritableFuse(start.fuseFd, start.directory);
  } catch (error) {
    log.notMounted(start.directory, error);
    tell({ pressure: 'not mounted' });
    return false;
  }
  if (!wasBefore || session.device('pressure') === undefined) {
    session.setDevice('pressure', deviceAt(start.directory));
  }
  session.setPressureMounted(true);
  return true;
}

function watchAll(): void {
  triggers.refresh();
  for (const waiting of triggers.takeDisappointed()) channel.notifyPoll(waiting);
  for (const slot of triggers.live()) channel.watch(triggers.fdOf(slot), slot);
  channel.watchRequests();
  tell({ pressure: 'mounted' });
}

serveWhenOpen(start, log, {
  connection: 'pressure',
  channel,
  makeSession: () => makeSession(files),
  makeHostSession,
  giveBackFds,
  onOpen: () => {
    if (isMounted()) watchAll();
    else process.exit();
  },
});
