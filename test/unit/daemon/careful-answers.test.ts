import { expect, test } from 'vitest';
import { CarefulAnswers } from '../../../src/daemon/careful-answers.ts';
import { Poison } from '../../../src/daemon/poison.ts';
import type { Session } from '../../../src/fuse/session.ts';

/** Answers with one byte, or throws what is next in the list. */
function sessionOf(byte: number, errors: Error[], reported: string[]): Session {
  const answer = (_request: Buffer, _length: number, reply: Buffer) => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return reply.writeUInt8(byte);
  };
  const report = (error: Error) => reported.push(error.message);
  return { answer, tryAnswer: answer, report } as unknown as Session;
}

const READ = 15;
const WRITE = 16;

const shortage = () => Object.assign(new Error('none is left'), { code: 'EMFILE' });

function makeScene(errors: Error[] = []) {
  const poison = new Poison(new SharedArrayBuffer(Poison.region.byteLength));
  const told: string[] = [];
  const reported: string[] = [];
  const seen = { timesGivenBack: 0 };
  const answers = new CarefulAnswers({
    session: sessionOf(1, errors, reported),
    poison,
    giveBackFds: () => void seen.timesGivenBack++,
    makeHostSession: () => sessionOf(2, [], reported),
    onPoison: (unique, deaths) => void told.push(`${unique} after ${deaths}`),
  });
  const request = Buffer.alloc(48);
  const reply = Buffer.alloc(64);
  const ask = (unique: bigint, opcode = READ) => {
    request.writeUInt32LE(opcode, 4);
    request.writeBigUInt64LE(unique, 8);
    const length = answers.answer(request, 48, reply, 'once');
    return length === 1 ? reply[0] : reply.subarray(0, length);
  };
  return { poison, told, reported, seen, ask };
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
  for (let death = 0; death < 3; death++) {
    ask(4n);
    poison.blame(4n);
  }
  const reply = ask(4n) as Buffer;
  expect([reply.length, reply.readInt32LE(4), reply.readBigUInt64LE(8)]).toEqual([16, -5, 4n]);
});

test('an error that nobody foresaw is answered once more, then from the host', () => {
  const errors = [new Error('one'), new Error('two'), new Error('three')];
  const { ask, reported } = makeScene(errors);
  expect(ask(4n)).toBe(2);
  expect(ask(6n)).toBe(1);
  expect(errors).toEqual([]);
  expect(reported).toEqual(['one', 'two', 'three']);
});

test('a write is not tried again', () => {
  const reply = makeScene([new Error('one')]).ask(4n, WRITE) as Buffer;
  expect([reply.length, reply.readInt32LE(4), reply.readBigUInt64LE(8)]).toEqual([16, -5, 4n]);
});

test('out of fds, those that are kept are given back, and the request is tried again', () => {
  const { ask, seen, reported } = makeScene([shortage()]);
  expect(ask(4n)).toBe(1);
  expect(seen.timesGivenBack).toBe(1);
  expect(reported).toEqual([]);
});

test('when that does not help, nobody is told the numbers of the host', () => {
  const { ask, reported } = makeScene([shortage(), shortage()]);
  const reply = ask(4n) as Buffer;
  expect(reported).toEqual(['none is left']);
  expect([reply.length, reply.readInt32LE(4), reply.readBigUInt64LE(8)]).toEqual([16, -5, 4n]);
});
