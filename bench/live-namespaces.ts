// Pid namespaces that live while something is measured: on a host with many containers.
import { compile, startProgram } from './program.ts';
import type { Scope } from './scope.ts';

export interface LiveNamespaces {
  /** The pids of their inits. */
  readonly initPids: readonly number[];
  /** Makes one more for `body`, which gets the pid of its init. */
  withFresh<Result>(body: (initPid: number) => Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
}

export async function startNamespaces(
  scope: Scope,
  folder: string,
  count: number,
): Promise<LiveNamespaces> {
  const program = startProgram(scope, [compile(folder, 'namespaces'), `${count}`]);
  const initPids: number[] = [];
  while (initPids.length < count) initPids.push(Number(await program.nextLine()));
  return {
    initPids,
    async withFresh(body) {
      const initPid = Number(await program.ask('fresh'));
      try {
        return await body(initPid);
      } finally {
        await program.ask('end');
      }
    },
    stop: () => program.stop(),
  };
}
