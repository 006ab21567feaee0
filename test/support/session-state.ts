// The state of a session as the server makes it, for host-server to find.

import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from '../../src/daemon/journal.ts';
import { openServerMemory } from '../../src/daemon/server-memory.ts';
import { SessionRecord } from '../../src/daemon/session-record.ts';
import { viewMapping } from '../../src/kernel/mapped-memory.ts';
import { closeFd } from '../../src/kernel/process.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import type { Teardown } from './teardown.ts';

/** See native/node-files.h. */
const lockWord = 0;
const changingWord = 7;
const poolUsedWord = 270_346;
const someThread = 3;

export interface SessionState {
  readonly fd: number;
  readonly journal: Journal;
  readonly openFiles: OpenFiles;
  /** As a thread leaves it that dies while it changes what is remembered of the handle. */
  leaveHalfDone(handle: number): void;
  readonly session: SessionRecord;
}

export function makeSessionState(teardown: Teardown): SessionState {
  const { fd, shared, session } = openServerMemory(undefined);
  teardown.add(() => closeFd(fd));
  return {
    fd,
    journal: new Journal(viewMapping(shared.journal)),
    openFiles: new OpenFiles(viewMapping(shared.openFiles), 1),
    session: new SessionRecord(viewMapping(session)),
    leaveHalfDone: (handle) => {
      const words = new Int32Array(viewMapping(shared.openFiles), 0, poolUsedWord + 2);
      words[lockWord] = someThread;
      words[changingWord] = handle | 0;
      words[changingWord + 1] = Math.floor(handle / 2 ** 32);
      // Whatever it was at: counts that do not hold, and pages that nobody has.
      words[poolUsedWord] = 0;
      words[poolUsedWord + 1] = 0;
    },
  };
}

const stateBytes = 65_536;
export type StateFault = 'unknown magic' | 'unknown version' | 'a region beyond its end';

/** One that cannot be understood, as a file. */
export async function makeFaultyState(
  teardown: Teardown,
  fault: StateFault,
): Promise<{ readonly fd: number; readonly path: string }> {
  const bytes = Buffer.alloc(stateBytes);
  bytes.write(fault === 'unknown magic' ? 'nsproc\0\x02' : 'nsproc\0\x01', 'latin1');
  bytes.write('journal\0', 64, 'latin1');
  bytes.writeUInt32LE(fault === 'unknown version' ? 7 : 1, 96);
  const length = fault === 'a region beyond its end' ? stateBytes : 12_288;
  bytes.writeBigUInt64LE(4096n, 104);
  bytes.writeBigUInt64LE(BigInt(length), 112);
  const path = join(teardown.makeDir(), 'state');
  await writeFile(path, bytes);
  const fd = openSync(path, 'r+');
  teardown.add(() => closeSync(fd));
  return { fd, path };
}
