import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { startLoadSampling } from '../../../src/daemon/load-sampling.ts';
import { Bell } from '../../../src/shared/bell.ts';

const module = new URL('./ending-load-thread.mjs', import.meta.url);
const patience = { timeout: 30_000 };

test(
  'startLoadSampling() starts another thread when one ended inside a lock',
  patience,
  async () => {
    const logged: string[] = [];
    const write = (line: string) => logged.push(JSON.parse(line).msg);
    const sampling = startLoadSampling(9, pino({}, { write }), module);
    await vi.waitFor(() => expect(logged.join()).toContain('starting another'), patience);
    new Bell(sampling.memory.bell).ring();
    await vi.waitFor(() => expect(logged).toContain('read'), patience);
    const before = logged.length;
    sampling.stop();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(logged).toHaveLength(before);
  },
);
