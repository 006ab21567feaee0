// The file system of /proc/pressure: generated texts, and triggers, by the kernel's rules
// (kernel/sched/psi.c) as far as they can be told from outside.

import { FsError } from '../fuse/errno.ts';
import type { Caller, FileRead } from '../fuse/file-system.ts';
import {
  EACCES,
  EBUSY,
  EINVAL,
  ENOSPC,
  EOPNOTSUPP,
  POLLERR,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDNORM,
  POLLWRNORM,
} from '../fuse/protocol/constants.ts';
import type { FilePoll, FileWrite, TriggerFiles } from '../fuse/trigger-requests.ts';
import { GeneratedFileSystem } from '../vfs/generated-file-system.ts';
import type { OpenFiles } from '../vfs/open-files.ts';
import type { Tree } from '../vfs/tree.ts';
import { parseTrigger, renderTrigger } from '../vfs/trigger.ts';
import type { TriggerTable } from '../vfs/trigger-table.ts';

/** A pressure file that is the caller's own. */
export interface OwnPressureFile {
  readonly path: string;
  /** Whom its triggers are charged to. */
  readonly owner: number;
}

export interface PressureParts {
  readonly triggers: TriggerTable;
  /** `undefined` when the caller has none, and sees the host's. */
  ownFile(nodeId: number, caller: Caller): OwnPressureFile | undefined;
  /** Whether the caller has CAP_SYS_RESOURCE. */
  isPrivileged(caller: Caller): boolean;
  open(path: string, text: string): { readonly fd: number } | { readonly errno: number };
  /** A trigger was set, and is to be told of. */
  onAdded(slot: number): void;
  /** The slot's trigger is not to be told of any more. */
  unwatch(slot: number): void;
  /** Triggers were released, for the main thread to close. */
  onReleased(): void;
}

/** DEFAULT_POLLMASK */
const alwaysReady = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
/** Windows of whoever has no CAP_SYS_RESOURCE: those for which the kernel needs no thread. */
const unprivilegedUsec = 2_000_000;

export class PressureFileSystem extends GeneratedFileSystem implements TriggerFiles {
  readonly #parts: PressureParts;

  constructor(tree: Tree, openFiles: OpenFiles, parts: PressureParts) {
    super(tree, openFiles);
    this.#parts = parts;
  }

  override openFile(nodeId: number): number {
    return handleOf(super.openFile(nodeId), false);
  }

  override readFile(read: FileRead, caller: Caller, into: Buffer, at: number): number {
    return super.readFile({ ...read, handle: openFileOf(read.handle) }, caller, into, at);
  }

  override releaseFile(handle: number): void {
    super.releaseFile(openFileOf(handle));
    this.#releaseTrigger(handle);
  }

  #releaseTrigger(handle: number): void {
    const { triggers, unwatch, onReleased } = this.#parts;
    const slot = triggers.slotOf(handle);
    if (slot === undefined) return;
    unwatch(slot);
    triggers.release(handle);
    onReleased();
  }

  /** Where the host's file stands in for the container's, it is read-only. */
  openForWriting(nodeId: number, caller: Caller): number {
    const { ownFile, isPrivileged } = this.#parts;
    const openFile = super.openFile(nodeId);
    if (ownFile(nodeId, caller) === undefined) {
      throw new FsError('Cannot open for writing: no cgroup of its own', EACCES);
    }
    // As file->f_cred keeps it: whoever opened the file may pass it on.
    return handleOf(openFile, isPrivileged(caller));
  }

  writeFile({ nodeId, handle, bytes, isAskedAgain }: FileWrite, caller: Caller): number {
    const { triggers, ownFile, open, onAdded } = this.#parts;
    const slot = triggers.slotOf(handle);
    if (slot !== undefined && !isAskedAgain) throw new FsError('It has a trigger', EBUSY);
    if (slot !== undefined && !triggers.isBroken(slot)) return bytes.length;
    // Its server died before anybody else kept the fd.
    if (slot !== undefined) this.#releaseTrigger(handle);
    const trigger = parseTrigger(bytes);
    if (trigger === undefined) throw new FsError('Cannot read as a trigger', EINVAL);
    if (!isPrivilegedHandle(handle) && trigger.windowUsec % unprivilegedUsec !== 0) {
      throw new FsError('Cannot watch this window without CAP_SYS_RESOURCE', EINVAL);
    }
    const own = ownFile(nodeId, caller);
    if (own === undefined) throw new FsError('No pressure file of its own', EOPNOTSUPP);
    // As epoll_ctl(2) and inotify_add_watch(2) say it; psi.c has no such limit.
    if (!triggers.hasRoom(own.owner)) throw new FsError('Too many triggers', ENOSPC);
    const opened = open(own.path, renderTrigger(trigger));
    if ('errno' in opened) throw new FsError('The kernel refuses the trigger', opened.errno);
    onAdded(triggers.add({ handle, fd: opened.fd, owner: own.owner }));
    return bytes.length;
  }

  /** An event is told once, whatever was asked for (psi_trigger_poll()). */
  pollFile({ handle, kernelHandle, mustNotify }: FilePoll): number {
    const { triggers } = this.#parts;
    const slot = triggers.slotOf(handle);
    if (slot === undefined || triggers.isBroken(slot)) return alwaysReady | POLLERR | POLLPRI;
    if (mustNotify) triggers.awaitBy(slot, kernelHandle);
    return triggers.takeFired(slot) ? alwaysReady | POLLPRI : alwaysReady;
  }
}

/** The handle itself says who opened the file, so that an open file costs no memory. */
function handleOf(openFile: number, isPrivileged: boolean): number {
  return openFile * 2 + (isPrivileged ? 1 : 0);
}

function openFileOf(handle: number): number {
  return Math.floor(handle / 2);
}

function isPrivilegedHandle(handle: number): boolean {
  return handle % 2 === 1;
}
