// Answers as a session does, but for requests that were at hand when threads or servers died:
// these get the host's files, and if that kills as well, an error.

import { encodeErrorReply, type Session } from '../fuse/session.ts';
import type { Answerer } from '../transport/serve.ts';
import type { Poison } from './poison.ts';

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
    if (poison.isEmpty()) return session.answer(request, length, reply, isAskedAgain);
    const unique = request.readBigUInt64LE(uniqueOffset);
    const deaths = poison.deathsOf(unique);
    if (deaths < poisonDeaths) return session.answer(request, length, reply, isAskedAgain);
    this.#parts.onPoison(unique, deaths);
    if (deaths >= hopelessDeaths) return encodeErrorReply(unique).copy(reply);
    this.#hostSession ??= this.#parts.makeHostSession();
    return this.#hostSession.answer(request, length, reply, isAskedAgain);
  }
}
