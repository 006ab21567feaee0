// A session of pressure files, whose kernel is a few variables of the test.

import { Session } from '../../src/fuse/session.ts';
import { TriggerRequests } from '../../src/fuse/trigger-requests.ts';
import { PressureFileSystem } from '../../src/procfs/pressure-file-system.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { Tree } from '../../src/vfs/tree.ts';
import { TriggerTable } from '../../src/vfs/trigger-table.ts';

export interface PressureScene {
  /** The answer, `undefined` when there is none. */
  ask(request: Buffer, isAskedAgain?: boolean): Buffer | undefined;
  readonly triggers: TriggerTable;
  /** What was written to the kernel. */
  readonly written: string[];
  readonly reported: unknown[];
  releases: number;
  isPrivileged: boolean;
  hasOwnFile: boolean;
  /** The kernel's answer to the next triggers; 0 takes them. */
  errno: number;
}

/** The root, and `cpu` as node 32. */
export function makePressureScene(): PressureScene {
  const triggers = new TriggerTable(TriggerTable.allocate());
  const generate = () => ({ text: 'some avg10=0.00\n', owner: 1 });
  const tree = new Tree([], [{ path: 'cpu', nodeId: 32, mode: 0o666, generate }], 1_694_498_816);
  const files = new PressureFileSystem(tree, new OpenFiles(OpenFiles.allocate(), 1), {
    triggers,
    ownFile: () => (scene.hasOwnFile ? { path: '/own/cpu.pressure', owner: 1 } : undefined),
    isPrivileged: () => scene.isPrivileged,
    open: (_path, text) => {
      if (scene.errno !== 0) return { errno: scene.errno };
      scene.written.push(text);
      return { fd: 99 };
    },
    onAdded: () => undefined,
    unwatch: () => undefined,
    onReleased: () => {
      scene.releases++;
    },
  });
  const reported: unknown[] = [];
  const session = new Session(files, (error) => reported.push(error), new TriggerRequests(files));
  const ask = (request: Buffer, isAskedAgain = false): Buffer | undefined => {
    const reply = Buffer.alloc(4096, 0xee);
    const into = Buffer.alloc(8192, 0xee);
    request.copy(into);
    const length = session.answer(into, request.length, reply, isAskedAgain ? 'again' : 'once');
    return length === 0 ? undefined : reply.subarray(0, length);
  };
  const scene: PressureScene = {
    ask,
    triggers,
    written: [],
    reported,
    releases: 0,
    isPrivileged: false,
    hasOwnFile: true,
    errno: 0,
  };
  return scene;
}
