import { expect, test } from 'vitest';
import { CarefulAnswers } from '../../../src/daemon/careful-answers.ts';
import { Poison } from '../../../src/daemon/poison.ts';
import type { Session } from '../../../src/fuse/session.ts';

/** Answers with one byte. */
function sessionOf(byte: number): Session {
  const answer = (_request: Buffer, _length: number, reply: Buffer) => reply.writeUInt8(byte);
  return { answer } as unknown as Session;
}

function makeScene() {
  const poison = new Poison(new SharedArrayBuffer(Poison.region.byteLength));
  const told: string[] = [];
  const answers = new CarefulAnswers({
    session: sessionOf(1),
    poison,
    makeHostSession: () => sessionOf(2),
    onPoison: (unique, deaths) => void told.push(`${unique} after ${deaths}`),
  });
  const request = Buffer.alloc(48);
  const reply = Buffer.alloc(64);
  const ask = (unique: bigint) => {
    request.writeBigUInt64LE(unique, 8);
    const length = answers.answer(request, 48, reply, false);
    return length === 1 ? reply[0] : reply.subarray(0, length);
  };
  return { poison, told, ask };
}

test('a request is answered as it should be until it was at hand at two deaths', () => {
  const { poison, told, ask } = makeScene();
  expect(ask(4n)).toBe(1);
  poison.blame(4n);
  expect(ask(4n)).toBe(1);
  poison.blame(4n);
  expect([ask(4n), ask(6n)]).toEqual([2, 1]);
  expect(told).toEqual(['4 after 2']);
});

test('at the third death it is answered with EIO', () => {
  const { poison, ask } = makeScene();
  for (let death = 0; death < 3; death++) poison.blame(4n);
  const reply = ask(4n) as Buffer;
  expect([reply.length, reply.readInt32LE(4), reply.readBigUInt64LE(8)]).toEqual([16, -5, 4n]);
});
