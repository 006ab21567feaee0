// Answers as a session does, but for requests that were at hand when threads or servers died:
// these get the host's files, and if that kills as well, an error. An error that nobody foresaw
// is treated in the same way, without a death: once more, then the host's files, then the error.

import { errnoOf } from '../fuse/errno.ts';
import { EIO, Opcode } from '../fuse/protocol/constants.ts';
import { encodeErrorReply, encodeFailure, type Session } from '../fuse/session.ts';
import { isOutOfFds } from '../reader/out-of-fds.ts';
import type { Answerer } from '../transport/serve.ts';
import type { Poison } from './poison.ts';

const opcodeOffset = 4;
const uniqueOffset = 8;
/** So many deaths and the request is poison. */
const poisonDeaths = 2;
/** So many, and nothing but an error is safe. */
const hopelessDeaths = 3;

export interface CarefulParts {
  readonly session: Session;
  readonly poison: Poison;
  /** A session that answers everybody from the host's files; asked for when it is needed. */
  makeHostSession(): Session;
  /** Told of each request that is not answered as it should be. */
  onPoison(unique: bigint, deaths: number): void;
}

export class CarefulAnswers implements Answerer {
  readonly #parts: CarefulParts;
  #hostSession: Session | undefined;

  constructor(parts: CarefulParts) {
    this.#parts = parts;
  }

  answer(request: Buffer, length: number, reply: Buffer, isAskedAgain: boolean): number {
    const { session, poison } = this.#parts;
    if (!poison.isEmpty()) {
      const unique = request.readBigUInt64LE(uniqueOffset);
      const deaths = poison.deathsOf(unique);
      if (deaths >= poisonDeaths) this.#parts.onPoison(unique, deaths);
      if (deaths >= hopelessDeaths) return encodeErrorReply(unique).copy(reply);
      if (deaths >= poisonDeaths) return this.#host().answer(request, length, reply, isAskedAgain);
      if (deaths > 0) poison.awaitTurn(unique);
    }
    try {
      return session.tryAnswer(request, length, reply, isAskedAgain);
    } catch (error) {
      if (!isWorthAnotherTry(error, request)) return encodeFailure(error, request, reply);
      return this.#answerAgain(request, length, reply);
    }
  }

  #answerAgain(request: Buffer, length: number, reply: Buffer): number {
    try {
      return this.#parts.session.tryAnswer(request, length, reply, true);
    } catch {
      return this.#host().answer(request, length, reply, true);
    }
  }

  #host(): Session {
    this.#hostSession ??= this.#parts.makeHostSession();
    return this.#hostSession;
  }
}

/**
 * Not so when the request is not understood, when it may have changed something, or when fds
 * are short: the host's numbers would be a wrong answer to that.
 */
function isWorthAnotherTry(error: unknown, request: Buffer): boolean {
  const opcode = request.readUInt32LE(opcodeOffset);
  const isReading = opcode !== Opcode.WRITE && opcode !== Opcode.POLL;
  return isReading && errnoOf(error) === EIO && !isOutOfFds(error);
}
