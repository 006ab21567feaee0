import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  answerRequest,
  type ControlCommands,
  RequestError,
  refusalOf,
} from '../../../src/daemon/control-commands.ts';

const commands: ControlCommands = {
  double: ({ number }) => ({ number: Number(number) * 2 }),
  later: async () => ({ late: true }),
  refuse: () => {
    throw new RequestError('not today');
  },
  fail: () => {
    throw new TypeError('a mistake');
  },
};

async function answerTo(line: string): Promise<Record<string, unknown>> {
  return JSON.parse(await answerRequest(line, commands, () => undefined));
}

test('answerRequest() runs the command', async () => {
  expect(await answerTo('{"command":"double","number":4}')).toEqual({ ok: true, number: 8 });
  expect(await answerTo(' {"command":"later"}\r')).toEqual({ ok: true, late: true });
});

test.each([
  ['', 'expected a JSON object'],
  ['status', 'expected a JSON object'],
  ['[]', 'expected a JSON object'],
  ['null', 'expected a JSON object'],
  ['{"command":"double"', 'expected a JSON object'],
  ['{}', 'no command undefined; there are double, later, refuse, fail'],
  ['{"command":"toString"}', 'no command "toString"'],
  ['{"command":["double"]}', 'no command ["double"]'],
  ['{"command":"__proto__"}', 'no command "__proto__"'],
  ['{"command":"refuse"}', 'not today'],
])('answerRequest(%j) refuses and says why', async (line, reason) => {
  const { ok, error } = await answerTo(line);
  expect(ok).toBe(false);
  expect(error).toContain(reason);
});

test('answerRequest() tells of mistakes of its own', async () => {
  const failures: unknown[] = [];
  const answer = await answerRequest('{"command":"fail"}', commands, (error) => {
    failures.push(error);
  });
  expect(answer).toBe(refusalOf('internal error: a mistake'));
  expect(failures).toEqual([new TypeError('a mistake')]);
});

test('answerRequest() answers any text with one line of JSON', async () => {
  const json = fc.json().map((text) => text);
  const line = fc.oneof(fc.string({ unit: 'binary' }), json);
  await fc.assert(
    fc.asyncProperty(line, async (text) => {
      const answer = await answerRequest(text, commands, () => undefined);
      expect(answer).not.toContain('\n');
      expect(typeof JSON.parse(answer).ok).toBe('boolean');
    }),
  );
});
