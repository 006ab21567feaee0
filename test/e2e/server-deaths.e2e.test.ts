// A server that is killed while many wait for it: the next one answers what it had taken. Kernels
// from 6.9 on send that again; on older ones it is in the journal alone, and a request that were
// lost would leave its reader waiting for ever.

import { describe, expect, it } from 'vitest';
import { compileProgram } from '../support/programs.ts';
import { useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene();
const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
/** A request that is at hand at two deaths, as on a slow machine most are, gets the host's file. */
const anyMemTotal = 0;
const readers = 16;
const deaths = 6;
const seconds = 8 * slowness;

/** How often a server has begun. */
const beginnings = (log: string) => log.split('"msg":"serving"').length - 1;

describe('readers whose server is killed again and again', () => {
  it.for([
    ['whole texts', 1 << 20],
    ['texts in pieces', 200],
  ] as const)('get every answer: %s', { timeout: 120_000 * slowness }, async ([, bufferBytes]) => {
    const { daemon, start } = scene();
    const container = await start();
    const numbers = [readers, seconds, anyMemTotal, bufferBytes].map(String);
    let isReading = true;
    const reading = container
      .exec([compileProgram('read-loop'), ...numbers], { timeoutMsec: 100_000 * slowness })
      .finally(() => {
        isReading = false;
      });
    let killed = 0;
    while (killed < deaths && isReading) {
      const begun = beginnings(daemon.log());
      process.kill(daemon.pid, 'SIGKILL');
      killed += 1;
      await expect
        .poll(() => beginnings(daemon.log()), { timeout: 30_000 * slowness })
        .toBeGreaterThan(begun);
    }
    const { stdout, stderr, status } = await reading;
    expect({ stdout, stderr, status }).toEqual({ stdout, stderr: '', status: 0 });
    expect(Number(stdout)).toBeGreaterThanOrEqual(readers);
    expect(killed).toBeGreaterThan(1);
  });
});
