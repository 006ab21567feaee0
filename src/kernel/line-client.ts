// Asks a Unix socket one line and takes one line as the answer.

import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LineQuestion {
  readonly path: string;
  readonly line: string;
  /** For all of it. */
  readonly patienceMsec: number;
}

/** `absent`: nobody listens there. `silent`: no answer in time. Else the errno's name. */
export type LineOutcome = { readonly answer: string } | { readonly problem: string };

/** Answers that are longer come from something else. */
const longestAnswer = 4 * 1024 * 1024;
const absentCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED']);
/** What a server that has too many connections at the moment does. */
const busyCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'EAGAIN']);
const retryMsec = 50;

export async function askLine(question: LineQuestion): Promise<LineOutcome> {
  const deadline = performance.now() + question.patienceMsec;
  for (;;) {
    const patienceMsec = deadline - performance.now();
    if (patienceMsec <= 0) return { problem: 'silent' };
    const outcome = await askOnce({ ...question, patienceMsec });
    if ('answer' in outcome || !busyCodes.has(outcome.problem)) return outcome;
    await sleep(retryMsec);
  }
}

function askOnce({ path, line, patienceMsec }: LineQuestion): Promise<LineOutcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (outcome: LineOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle({ problem: 'silent' }), patienceMsec);
    const socket = createConnection(path, () => socket.write(`${line}\n`));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > longestAnswer) settle({ problem: 'EMSGSIZE' });
    });
    socket.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      // Ended before it was asked, as when there are too many connections.
      settle(text === '' ? { problem: 'ECONNRESET' } : { answer: text.trimEnd() });
    });
    socket.on('error', ({ code = 'EIO' }: NodeJS.ErrnoException) =>
      settle({ problem: absentCodes.has(code) ? 'absent' : code }),
    );
  });
}
