// Servers that take so long to start that host-server answers meanwhile: who reads gets whole texts,
// of the host or its own, and no error when one hands over to the other.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startContainer } from '../support/containers.ts';
import { slowDown } from '../support/crashing-server.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { mountsOf } from '../support/runtime-container.ts';
import { makeTeardown } from '../support/teardown.ts';
import { isLong, slowness } from './chaos-length.ts';
import { copyServer } from './server-copy.ts';
import { startSession } from './session.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const readers = 16;
const anyMemTotal = 0;
/** The holder waits 5 s before it starts host-server. */
const startMsec = 6000 * slowness;
const deaths = isLong ? 4 : 1;
const seconds = deaths * 7.5 * slowness;
const withResend = isLong ? ['this kernel'] : [];

describe.each([...withResend, 'a kernel without FUSE_NOTIFY_RESEND'])('on %s', (kernel) => {
  it.each([
    ['whole texts', 1 << 20],
    ['texts in pieces', 200],
  ])(
    'readers of %s notice nothing',
    { timeout: 120_000 * slowness },
    async (_name, bufferBytes) => {
      const copy = copyServer(teardown);
      if (kernel !== 'this kernel') copy.forgetResend();
      const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
      slowDown(copy, 'server', startMsec);
      const container = await startContainer({ mounts: mountsOf(session.mountPoint) });
      teardown.add(() => container.stop());
      const numbers = [readers, Math.ceil(seconds), anyMemTotal, bufferBytes].map(String);
      const reading = container.exec([compileProgram('read-loop'), ...numbers], {
        timeoutMsec: 60_000 * slowness,
      });
      for (let death = 0; death < deaths; death++) {
        const earlier = session.beginnings();
        process.kill(session.serverPid(), 'SIGKILL');
        await session.untilBegun(earlier);
        await sleep(500);
      }
      const { stdout, stderr, status } = await reading;
      expect({ stdout, stderr, status }).toEqual({ stdout, stderr: '', status: 0 });
    },
  );
});
