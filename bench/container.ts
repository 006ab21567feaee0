// A container as small as one can be: its own pid and mount namespaces, its own cgroups, a shell
// as init and reader.c as the init's child. Each system's files are bind-mounted into it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MEMORY_LIMIT_BYTES, makeCgroups } from './cgroups.ts';
import { processTree } from './process-tree.ts';
import { type Reader, startReader } from './reader.ts';
import { openScope, type Scope } from './scope.ts';
import type { System } from './systems.ts';

export const FILES = ['uptime', 'meminfo', 'stat'] as const;
export type FileName = (typeof FILES)[number];

const OLDEST_CONTAINER_SEC = 5;

export interface Container {
  readonly reader: Reader;
  /** The reader's pid outside the container. Preconditions: the reader has answered once. */
  readerPid(): number;
  /** Where the container sees `file` of `system`. */
  pathOf(system: System, file: FileName): string;
  stop(): Promise<void>;
}

// Arguments: cgroups to join, "--", the reader, then pairs of a source and a target to bind it on.
const JOIN_AND_UNSHARE = `
  while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit; shift; done; shift
  exec unshare --fork --mount --pid --mount-proc --kill-child sh -c "$init" init "$@"`;
// The exit at the end keeps the shell from replacing itself by the reader.
const INIT = `
  reader=$1; shift
  while [ $# -gt 0 ]; do mount --bind "$1" "$2" || exit; shift 2; done
  "$reader"; exit`;

export interface ContainerPlan {
  readonly folder: string;
  readonly readerProgram: string;
  readonly systems: readonly System[];
}

export function startContainer(parent: Scope, plan: ContainerPlan): Container {
  const pathOf = (system: System, file: FileName): string =>
    join(plan.folder, 'container', system.name, file);
  const binds = plan.systems.flatMap((system) =>
    FILES.flatMap((file) => [system.pathOf(file), makeTarget(pathOf(system, file))]),
  );
  const scope = openScope();
  parent.defer(() => scope.close());
  const argv = [...makeCgroups(scope), '--', plan.readerProgram, ...binds];
  const script = `init='${INIT}'; ${JOIN_AND_UNSHARE}`;
  const reader = startReader(scope, ['sh', '-c', script, 'join', ...argv]);
  const readerPid = (): number => processTree(reader.pid).at(-1) ?? 0;
  return { reader, readerPid, pathOf, stop: () => scope.close() };
}

/** A file can only be mounted on a file that exists. */
function makeTarget(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

/** A system that shows the host's numbers would win every race. */
export async function expectOwnNumbers(
  { reader, pathOf }: Container,
  systems: readonly System[],
): Promise<void> {
  for (const system of systems.filter(({ pid }) => pid !== undefined)) {
    const totalKib = await reader.first(pathOf(system, 'meminfo'));
    const ageSec = await reader.first(pathOf(system, 'uptime'));
    if (totalKib === MEMORY_LIMIT_BYTES / 1024 && ageSec < OLDEST_CONTAINER_SEC) continue;
    throw new Error(
      `Cannot measure ${system.name}: the container sees MemTotal ${totalKib} kB, up ${ageSec} s`,
    );
  }
}
