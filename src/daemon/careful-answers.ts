// Answers as a session does, but for requests that were at hand when threads or servers died:
// these get the host's files, and if that kills as well, an error. An error that nobody foresaw
// is treated in the same way, without a death: once more, then the host's files, then the error. When
// fds are short, those that are kept are given back first.

import { errnoOf } from '../fuse/errno.ts';
import { EIO, Opcode } from '../fuse/protocol/constants.ts';
import { type Asked, encodeErrorReply, encodeFailure, type Session } from '../fuse/session.ts';
import { isOutOfFds } from '../kernel/out-of-fds.ts';
import type { Answerer } from '../transport/serve.ts';
import { type Poison, poisonDeaths } from './poison.ts';

const opcodeOffset = 4;
const uniqueOffset = 8;
/** So many deaths, and nothing but an error is safe. */
const hopelessDeaths = 3;

export interface CarefulParts {
  readonly session: Session;
  readonly poison: Poison;
  /** Gives back the fds that are kept for later. */
  giveBackFds(): void;
  /** A session that answers everybody from the host's files; asked for when it is needed. */
  makeHostSession(): Session;
  /** Told of each request that is not answered as it should be. */
  readonly onPoison: (unique: bigint, deaths: number) => void;
}

export class CarefulAnswers implements Answerer {
  readonly #parts: CarefulParts;
  #hostSession: Session | undefined;
  /** Which answered last. */
  #last: Session | undefined;

  constructor(parts: CarefulParts) {
    this.#parts = parts;
  }

  answer(request: Buffer, length: number, reply: Buffer, asked: Asked): number {
    const { session, poison } = this.#parts;
    this.#last = session;
    const deaths = poison.isEmpty() ? 0 : this.#deathsOf(request);
    if (deaths >= hopelessDeaths) return encodeErrorReply(uniqueOf(request)).copy(reply);
    if (deaths >= poisonDeaths) return this.#host().answer(request, length, reply, asked);
    try {
      return session.tryAnswer(request, length, reply, asked);
    } catch (error) {
      const mayTry = isWorthAnotherTry(error, request);
      if (mayTry && isOutOfFds(error)) this.#parts.giveBackFds();
      else session.report(error, request, length);
      if (!mayTry) return encodeFailure(error, request, reply);
      return this.#answerAgain(request, length, reply, asked === 'once' ? 'again' : asked);
    }
  }

  /** Tells of poison, and lets that and what may be some wait for its turn. */
  #deathsOf(request: Buffer): number {
    const { poison, onPoison } = this.#parts;
    const unique = uniqueOf(request);
    const deaths = poison.deathsOf(unique);
    if (deaths >= poisonDeaths) onPoison(unique, deaths);
    if (deaths > 0) poison.awaitTurn(unique);
    return deaths;
  }

  #answerAgain(request: Buffer, length: number, reply: Buffer, asked: Asked): number {
    const { session } = this.#parts;
    try {
      return session.tryAnswer(request, length, reply, asked);
    } catch (error) {
      session.report(error, request, length);
      // The host's numbers would be a wrong answer to that.
      if (isOutOfFds(error)) return encodeFailure(error, request, reply);
      return this.#host().answer(request, length, reply, asked);
    }
  }

  deliver(send: () => boolean): void {
    this.#last?.deliver(send);
  }

  #host(): Session {
    this.#hostSession ??= this.#parts.makeHostSession();
    this.#last = this.#hostSession;
    return this.#hostSession;
  }
}

function uniqueOf(request: Buffer): bigint {
  return request.readBigUInt64LE(uniqueOffset);
}

/** Not so when the request is not understood, or when it may have changed something. */
function isWorthAnotherTry(error: unknown, request: Buffer): boolean {
  const opcode = request.readUInt32LE(opcodeOffset);
  const isReading = opcode !== Opcode.WRITE && opcode !== Opcode.POLL;
  return isReading && errnoOf(error) === EIO;
}
