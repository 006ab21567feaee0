// Whatever a container writes, asks or gives back: each request is answered, nothing unexpected
// happens, and the kernel is shown nothing but well-formed triggers.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTrigger } from '../../src/vfs/trigger.ts';
import { makePressureScene } from '../support/pressure-scene.ts';

const opcodes = [4, 14, 15, 16, 18, 40];

test('a session of pressure files survives any requests', () => {
  const request = fc.tuple(
    fc.constantFrom(...opcodes),
    fc.uint8Array({ minLength: 0, maxLength: 120 }),
    fc.constantFrom(0, 1, 2, 3, 4),
  );
  fc.assert(
    fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
      const scene = makePressureScene();
      for (const [opcode, body, handle] of requests) {
        const bytes = Buffer.concat([Buffer.alloc(40), body]);
        bytes.writeUInt32LE(bytes.length, 0);
        bytes.writeUInt32LE(opcode, 4);
        bytes.writeUInt8(7, 8);
        bytes.writeUInt8(32, 16);
        if (body.length >= 8) bytes.writeBigUInt64LE(BigInt(handle), 40);
        expect(scene.ask(bytes)).toBeDefined();
      }
      expect(scene.written.every((text) => /^(some|full) \d+ \d+\n$/.test(text))).toBe(true);
    }),
  );
});

test('parseTrigger() takes any bytes, and numbers of 32 bits', () => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom('some', 'full'), fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }))
      .map((parts) => Buffer.from(parts.join(' '))),
  );
  fc.assert(
    fc.property(text, (bytes) => {
      const trigger = parseTrigger(bytes);
      for (const usec of [trigger?.thresholdUsec ?? 0, trigger?.windowUsec ?? 0]) {
        expect(Number.isInteger(usec) && usec >= 0 && usec < 2 ** 32).toBe(true);
      }
    }),
  );
});
