// The paths of requests as the libfuse module `caller` hands them on.

import type { Caller } from '../fuse/file-system.ts';

export interface CallerPath {
  readonly caller: Caller;
  readonly opcode: number;
  /** From the mount point on, without empty names. */
  readonly names: readonly string[];
}

/** Parses `/TID.UID.GID.OPCODE/proc/uptime`; what nobody asked for has a TID of 0. */
export function parseCallerPath(path: string): CallerPath {
  const [, who = '', ...names] = path.split('/');
  const numbers = who.split('.').map((digits) => Number.parseInt(digits, 10));
  const [callerTid = 0, uid = 0, gid = 0, opcode = 0] = numbers;
  return { caller: { callerTid, uid, gid }, opcode, names: names.filter((name) => name !== '') };
}
