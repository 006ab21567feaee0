// The thread that serves /proc/pressure: mounts it, then serves until the connection ends.
// It is one thread, so triggers need no lock, and none of the others waits for it.

import { Session } from '../fuse/session.ts';
import { TriggerRequests } from '../fuse/trigger-requests.ts';
import { mayExceedResources } from '../kernel/credentials.ts';
import { mountWritableFuse } from '../kernel/mounts.ts';
import { openPressureTrigger } from '../kernel/pressure-trigger.ts';
import { postToMain, threadData } from '../kernel/threads.ts';
import { textFor } from '../procfs/fallback.ts';
import { pressureDirectory, pressureFiles } from '../procfs/pressure.ts';
import { type OwnPressureFile, PressureFileSystem } from '../procfs/pressure-file-system.ts';
import { EventfulChannel } from '../transport/dev-fuse-events.ts';
import { serve } from '../transport/serve.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { type GeneratedFile, Tree } from '../vfs/tree.ts';
import { TriggerTable } from '../vfs/trigger-table.ts';
import { ControlBlock } from './control-block.ts';
import type { PressureMessage, PressureStart } from './pressure-start.ts';
import { ThreadLog } from './thread-log.ts';
import { threadParts } from './thread-parts.ts';

const start = threadData() as PressureStart;
const log = new ThreadLog();
const { memory, startTimeSec } = start;
const triggers = new TriggerTable(memory.triggers);
const { resolver, textParts } = threadParts(start, log);

function tell(pressure: PressureMessage['pressure']): void {
  postToMain({ pressure } satisfies PressureMessage);
}

function ownFile(
  nodeId: number,
  { callerTid }: { callerTid: number },
): OwnPressureFile | undefined {
  const file = pressureFiles.find((row) => row.nodeId === nodeId);
  const reader = resolver.resolve(callerTid);
  if (file === undefined || reader.kind !== 'container') return undefined;
  const { cgroup, owner } = textParts.containers.of(reader);
  const directory = pressureDirectory(cgroup, file.resource);
  if (directory === undefined) return undefined;
  const path = `${directory.path}/${file.resource}.pressure`;
  return { path, owner };
}

const tree = new Tree(
  [],
  pressureFiles.map(
    (entry): GeneratedFile => ({
      path: entry.resource,
      nodeId: entry.nodeId,
      mode: entry.mode,
      generate: ({ callerTid }) =>
        textFor(entry, { reader: resolver.resolve(callerTid), callerTid }, textParts),
    }),
  ),
  startTimeSec,
);

const channel = new EventfulChannel(start.fuseFd, start.epollFd, (slot, isBroken) => {
  // What has an error always has it: waiting for it would never block again.
  if (isBroken) channel.unwatch(triggers.fdOf(slot));
  const waiting = isBroken ? triggers.break(slot) : triggers.fire(slot);
  if (waiting !== undefined) channel.notifyPoll(waiting);
});

const files = new PressureFileSystem(tree, new OpenFiles(memory.openFiles, start.thread), {
  triggers,
  ownFile,
  isPrivileged: ({ callerTid }) => mayExceedResources(callerTid),
  open: openPressureTrigger,
  watch: (slot) => channel.watch(triggers.fdOf(slot), slot),
  unwatch: (slot) => channel.unwatch(triggers.fdOf(slot)),
  onReleased: () => tell('released'),
});

/** Once: a thread that replaces this one finds it done. */
function mountOnce(): boolean {
  const mounted = new Int32Array(memory.mounted);
  if (Atomics.load(mounted, 0) === 1) return true;
  try {
    mountWritableFuse(start.fuseFd, start.directory);
  } catch (error) {
    log.notMounted(start.directory, error);
    tell('not mounted');
    return false;
  }
  Atomics.store(mounted, 0, 1);
  tell('mounted');
  return true;
}

if (mountOnce()) {
  channel.watchRequests();
  const more = new TriggerRequests(files);
  const session = new Session(files, (error, header) => log.failed(error, header), more);
  serve(channel, session, new ControlBlock(memory.control).inFlightOf(start.thread - 1));
}
