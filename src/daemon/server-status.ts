// What a server answers on its control socket about itself, its session and its threads.

import { monotonicUsec } from '../kernel/clock.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import type { OpenFiles } from '../vfs/open-files.ts';
import { startControl } from './control.ts';
import { RequestError } from './control-commands.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import { counter, gauge } from './metrics.ts';
import type { Poison } from './poison.ts';
import type { Pressure } from './pressure.ts';
import type { ServeOptions } from './serve-options.ts';
import type { ServerMemory } from './server-memory.ts';
import type { SessionRecord } from './session-record.ts';
import type { StatusSource } from './status.ts';
import { commonSources } from './status-sources.ts';
import type { Supervisor } from './supervisor.ts';
import { Switches } from './switches.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkerRecord } from './worker-status.ts';

export interface AnsweringParts {
  readonly options: ServeOptions;
  readonly log: Log;
  /** The name of the strategy. */
  readonly resolver: string;
  readonly memory: ServerMemory;
  readonly session: SessionRecord;
  readonly supervisor: Supervisor;
  readonly journal: Journal;
  readonly poison: Poison;
  readonly pool: WorkerPool;
  readonly pressure: Pressure | undefined;
  readonly openFiles: OpenFiles;
}

export interface Asked {
  /** Once; nobody can ask from here on. */
  close(): void;
}

/** Answers on the control socket from here on. */
export function startAnswering(parts: AnsweringParts): Asked {
  const { options, log, memory, pool, pressure, openFiles } = parts;
  const switches = new Switches(viewMapping(memory.shared.switches), options);
  const common = commonSources({
    mountPoint: options.mountPoint,
    resolver: parts.resolver,
    switches,
    records: () => recordsOf(parts),
    living: () => pool.living(),
    openFiles: () => openFiles.usage(),
    pressure: () => pressure?.usage(),
  });
  return startControl({
    mountPoint: options.mountPoint,
    switches,
    sources: [...common, sessionSource(parts)],
    commands: {
      upgrade: () => upgrade(parts),
      release: () => release(parts),
    },
    log,
  });
}

function recordsOf({ pool, journal }: AnsweringParts): WorkerRecord[] {
  const nowUsec = monotonicUsec();
  return pool.threads().map((thread) => ({
    answered: journal.answeredBy(thread),
    isBusy: journal.takenBy(thread) !== 0n,
    busySinceUsec: nowUsec - pool.busyMsec(thread) * 1000,
  }));
}

/** What is true of all servers of the connections together. */
function sessionSource({ session, supervisor, poison, pool }: AnsweringParts): StatusSource {
  return {
    part: 'session',
    status: () => ({
      keptBy: supervisor.name,
      isSupervisorLost: supervisor.isLost(),
      takeOvers: session.takeOvers(),
      restarts: supervisor.restarts,
      stuckWorkers: pool.stuckCount(),
      quarantined: poison.quarantine.list(),
    }),
    metrics: () => [
      counter(
        'nsproc_take_overs_total',
        'Servers that took the connections over.',
        session.takeOvers(),
      ),
      counter(
        'nsproc_restarts_total',
        'Servers started because one had died.',
        supervisor.restarts,
      ),
      gauge('nsproc_stuck_workers', 'Threads that are stuck in a request.', pool.stuckCount()),
      gauge(
        'nsproc_quarantined_containers',
        "Containers that get the host's files, since servers died of their requests.",
        poison.quarantine.list().length,
      ),
    ],
  };
}

function upgrade({ supervisor, log }: AnsweringParts): object {
  if (!supervisor.replace()) {
    const advice =
      supervisor.name === 'systemd'
        ? 'run "systemctl restart" of its unit'
        : 'nobody keeps its connections: stop it and start it again';
    throw new RequestError(`cannot be replaced by itself; ${advice}`);
  }
  log.info('asked for a server that replaces this one');
  return { pid: process.pid };
}

function release({ poison, log }: AnsweringParts): object {
  const released = poison.quarantine.list();
  poison.quarantine.release();
  log.info({ released }, 'quarantine ended on request');
  return { released };
}
