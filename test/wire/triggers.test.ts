// Files with triggers: OPEN for writing, WRITE (opcode 16), POLL (40), SETATTR (4), and
// the notification that wakes a poll.

import { expect, test } from 'vitest';
import { encodePollNotification } from '../../src/fuse/protocol/reply.ts';
import { makePressureScene, type PressureScene } from '../support/pressure-scene.ts';
import { expectBytes, wire } from './wire.ts';

const openCpu = wire(`
  30 00 00 00  0e 00 00 00                  # len 48, opcode 14 (OPEN)
  10 00 00 00 00 00 00 00                   # unique 16
  20 00 00 00 00 00 00 00                   # nodeid 32
  e8 03 00 00  e8 03 00 00  2a 10 00 00     # uid 1000, gid 1000, pid 4138
  00 00 00 00                               # extlen, padding
  02 80 00 00  00 00 00 00                  # O_RDWR and O_LARGEFILE, open_flags
`);

/** To the first handle of an unprivileged opener, which is 2. */
function writeOf(text: string, handle = '02'): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return wire(`
    ${hex(80 + bytes.length)} 00 00 00  10 00 00 00   # len 40 + 40 + text, opcode 16 (WRITE)
    12 00 00 00 00 00 00 00                 # unique 18
    20 00 00 00 00 00 00 00                 # nodeid 32
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    ${handle} 00 00 00 00 00 00 00          # fh
    00 00 00 00 00 00 00 00                 # offset
    ${hex(bytes.length)} 00 00 00  00 00 00 00        # size, write_flags
    00 00 00 00 00 00 00 00                 # lock_owner
    02 80 00 00  00 00 00 00                # flags, padding
    ${bytes.toString('hex')}
  `);
}

function pollOf(flags: '00' | '01'): Buffer {
  return wire(`
    40 00 00 00  28 00 00 00                # len 64 (40 + 24), opcode 40 (POLL)
    14 00 00 00 00 00 00 00                 # unique 20
    20 00 00 00 00 00 00 00                 # nodeid 32
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    02 00 00 00 00 00 00 00                 # fh 2
    05 00 00 00 00 00 00 80                 # kh
    ${flags} 00 00 00  02 00 00 00          # flags (FUSE_POLL_SCHEDULE_NOTIFY 1), POLLPRI
  `);
}

const pollAnswer = (revents: string) =>
  wire(`
    18 00 00 00  00 00 00 00                # len 24, error 0
    14 00 00 00 00 00 00 00                 # unique 20
    ${revents} 00 00  00 00 00 00           # revents, padding
  `);
const nothing = pollAnswer('45 01'); // POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
const fired = pollAnswer('47 01'); // and POLLPRI
const noTrigger = pollAnswer('4f 01'); // and POLLERR

const errorOf = (error: string) =>
  wire(`
    10 00 00 00  ${error} ff ff ff          # len 16
    12 00 00 00 00 00 00 00                 # unique 18
  `);
const taken = wire(`
  18 00 00 00  00 00 00 00                  # len 24, error 0
  12 00 00 00 00 00 00 00                   # unique 18
  13 00 00 00  00 00 00 00                  # size 19, padding
`);

const valid = 'some 150000 2000000';

function startOpened(): PressureScene {
  const scene = makePressureScene();
  scene.ask(openCpu);
  return scene;
}

test('OPEN for writing gives a handle that tells who opened', () => {
  const scene = makePressureScene();
  const answer = wire(`
    20 00 00 00  00 00 00 00                # len 32 (16 + 16), error 0
    10 00 00 00 00 00 00 00                 # unique 16
    02 00 00 00 00 00 00 00                 # fh 2: the first, not privileged
    21 00 00 00  00 00 00 00                # FOPEN_DIRECT_IO 1, FOPEN_NOFLUSH 32; padding
  `);
  expectBytes(scene.ask(openCpu), answer);
  scene.isPrivileged = true;
  answer.writeUInt8(5, 16);
  expectBytes(scene.ask(openCpu), answer);
  scene.hasOwnFile = false;
  expect(scene.ask(openCpu)?.readInt32LE(4)).toBe(-13);
});

test('WRITE makes a trigger, once', () => {
  const scene = startOpened();
  expectBytes(scene.ask(writeOf(valid)), taken);
  expect(scene.written).toEqual(['some 150000 2000000\n']);
  expectBytes(scene.ask(writeOf(valid)), errorOf('f0')); // -16 (EBUSY)
  expect(scene.reported).toEqual([]);
});

test('WRITE that the kernel sends again has made its trigger, or makes it', () => {
  const scene = startOpened();
  const again = writeOf(valid);
  again.writeUInt8(0x80, 15);
  scene.ask(writeOf(valid));
  expect(scene.ask(again)?.readInt32LE(4)).toBe(0);
  expect(scene.triggers.usedCount()).toBe(1);
  scene.triggers.adopt(() => undefined);
  expect(scene.ask(again)?.readInt32LE(4)).toBe(0);
  expect(scene.triggers.live()).toHaveLength(1);
  expectBytes(scene.ask(writeOf(valid)), errorOf('f0')); // -16 (EBUSY)
});

test('WRITE that is repeated from the journal has made its trigger', () => {
  const scene = startOpened();
  scene.ask(writeOf(valid));
  expectBytes(scene.ask(writeOf(valid), true), taken);
  expect(scene.triggers.usedCount()).toBe(1);
});

test('WRITE tells what the kernel says, and may be tried again', () => {
  const scene = startOpened();
  scene.errno = 22;
  expectBytes(scene.ask(writeOf(valid)), errorOf('ea')); // -22 (EINVAL)
  scene.errno = 0;
  scene.hasOwnFile = false;
  expectBytes(scene.ask(writeOf(valid)), errorOf('a1')); // -95 (EOPNOTSUPP)
  scene.hasOwnFile = true;
  expectBytes(scene.ask(writeOf('nonsense')), errorOf('ea'));
  expectBytes(scene.ask(writeOf(valid)), taken);
});

test('WRITE takes windows of 2 s from whoever opened without CAP_SYS_RESOURCE', () => {
  const scene = startOpened();
  expectBytes(scene.ask(writeOf('some 150000 1000000')), errorOf('ea'));
  scene.isPrivileged = true;
  expectBytes(scene.ask(writeOf('some 150000 1000000')), errorOf('ea'));
  expectBytes(scene.ask(writeOf('some 150000 1000000', '05')), taken);
});

test('WRITE refuses the 65th trigger of a container', () => {
  const scene = makePressureScene();
  const answers = Array.from({ length: 65 }, (_, index) => {
    const handle = ((index + 1) * 2).toString(16).padStart(2, '0');
    scene.ask(openCpu);
    return scene.ask(writeOf(valid, handle));
  });
  expectBytes(answers[63], taken);
  expectBytes(answers[64], errorOf('e4')); // -28 (ENOSPC)
});

test('WRITE of a size that the request does not have is refused', () => {
  const scene = startOpened();
  const request = writeOf(valid);
  request.writeUInt32LE(4096, 56);
  expectBytes(scene.ask(request), errorOf('ea'));
});

test('POLL tells an event once, and names whom to wake', () => {
  const scene = startOpened();
  expectBytes(scene.ask(pollOf('00')), noTrigger);
  scene.ask(writeOf(valid));
  const slot = scene.triggers.slotOf(2) ?? -1;
  expectBytes(scene.ask(pollOf('00')), nothing);
  expect(scene.triggers.fire(slot)).toBeUndefined();
  expectBytes(scene.ask(pollOf('01')), fired);
  expectBytes(scene.ask(pollOf('00')), nothing);
  expect(scene.triggers.fire(slot)).toBe(0x8000_0000_0000_0005n);
  expectBytes(scene.ask(pollOf('00')), fired);
  scene.triggers.break(slot);
  expectBytes(scene.ask(pollOf('00')), noTrigger);
});

test('a notification is the answer to no request', () => {
  expectBytes(
    encodePollNotification(0x8000_0000_0000_0005n),
    wire(`
      18 00 00 00  01 00 00 00              # len 24, FUSE_NOTIFY_POLL 1
      00 00 00 00 00 00 00 00               # unique 0
      05 00 00 00 00 00 00 80               # kh
    `),
  );
});

test('RELEASE gives the trigger back', () => {
  const scene = startOpened();
  scene.ask(writeOf(valid));
  scene.ask(
    wire(`
      40 00 00 00  12 00 00 00              # len 64 (40 + 24), opcode 18 (RELEASE)
      16 00 00 00 00 00 00 00               # unique 22
      20 00 00 00 00 00 00 00               # nodeid 32
      00 00 00 00  00 00 00 00  00 00 00 00 # nobody in particular
      00 00 00 00                           # extlen, padding
      02 00 00 00 00 00 00 00               # fh 2
      02 80 00 00  00 00 00 00              # flags, release_flags
      00 00 00 00 00 00 00 00               # lock_owner
    `),
  );
  expect(scene.releases).toBe(1);
  expect(scene.triggers.slotOf(2)).toBeUndefined();
});

test.each([
  ['a size, as O_TRUNC does', '08', 120],
  ['times', '30', 120],
  ['a mode', '01', 16],
  ['an owner', '02', 16],
])('SETATTR of %s changes nothing', (_case, valid8, length) => {
  const scene = startOpened();
  const request = Buffer.concat([
    wire(`28 00 00 00  04 00 00 00  18 00 00 00 00 00 00 00  20 00 00 00 00 00 00 00
      e8 03 00 00  e8 03 00 00  2a 10 00 00  00 00 00 00`),
    Buffer.alloc(88),
  ]);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt8(Number.parseInt(valid8, 16), 40);
  expect(scene.ask(request)?.length).toBe(length);
});
