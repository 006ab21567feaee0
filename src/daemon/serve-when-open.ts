// The life of a serving thread: it has made everything ready, waits until the connection is its
// own, answers what its predecessor in the slot and others left, and serves until the connection
// ends.

import type { Session } from '../fuse/session.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { postToMain } from '../kernel/threads.ts';
import type { Channel } from '../transport/channel.ts';
import { answerAgain, serve } from '../transport/serve.ts';
import { CarefulAnswers } from './careful-answers.ts';
import { Gate } from './gate.ts';
import { Journal } from './journal.ts';
import { Poison } from './poison.ts';
import type { ThreadLog } from './thread-log.ts';
import type { PreparedMessage, WorkerStart } from './worker-start.ts';

export interface ServingParts {
  readonly connection: 'tree' | 'pressure';
  readonly channel: Channel;
  readonly makeSession: () => Session;
  readonly makeHostSession: () => Session;
  /** Closes all that is kept open for later. */
  readonly giveBackFds: () => void;
  /** Called when the connection is this thread's. */
  readonly onOpen?: () => void;
}

export function serveWhenOpen(start: WorkerStart, log: ThreadLog, parts: ServingParts): void {
  try {
    serveInTurn(start, log, parts);
  } finally {
    // Nothing but this thread knows them: they would stay open until the process ends.
    parts.giveBackFds();
  }
}

function serveInTurn(start: WorkerStart, log: ThreadLog, parts: ServingParts): void {
  const { connection, channel, makeSession, makeHostSession, giveBackFds, onOpen } = parts;
  const journal = new Journal(viewMapping(start.memory.journal));
  const slot = journal.slotOf(start.thread);
  const answers = new CarefulAnswers({
    session: makeSession(),
    poison: new Poison(viewMapping(start.memory.poison), connection),
    giveBackFds,
    makeHostSession,
    onPoison: (unique, deaths) => log.poison(unique, deaths),
  });
  const gate = new Gate(start.gate);
  postToMain({ prepared: true } satisfies PreparedMessage);
  if (!gate.wait()) return;
  onOpen?.();
  journal.touch(start.thread);
  if (journal.takenBy(start.thread) !== 0n) answerAgain(channel, answers, slot);
  for (const other of gate.left()) {
    if (journal.move(other, start.thread)) answerAgain(channel, answers, slot);
  }
  serve(channel, answers, slot);
}
