import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { startLoadSampling } from '../../../src/daemon/load-sampling.ts';
import {
  createMemoryFile,
  mapMemoryFile,
  resizeMemoryFile,
  viewMapping,
} from '../../../src/kernel/mapped-memory.ts';
import { Bell } from '../../../src/shared/bell.ts';
import { SharedLoads } from '../../../src/view/shared-loads.ts';

const module = new URL('./ending-load-thread.mjs', import.meta.url);
const patience = { timeout: 30_000 };

test(
  'startLoadSampling() starts another thread when one ended inside a lock',
  patience,
  async () => {
    const logged: string[] = [];
    const write = (line: string) => logged.push(JSON.parse(line).msg);
    const fd = createMemoryFile('nsproc-test');
    resizeMemoryFile(fd, SharedLoads.byteLength);
    const rows = mapMemoryFile(fd, 0, SharedLoads.byteLength);
    SharedLoads.format(viewMapping(rows), { low: 1, high: 2 });
    const memory = { rows, bell: Bell.allocate() };
    const sampling = startLoadSampling(memory, 9, pino({}, { write }), module);
    await vi.waitFor(() => expect(logged.join()).toContain('starting another'), patience);
    new Bell(memory.bell).ring();
    await vi.waitFor(() => expect(logged).toContain('read'), patience);
    const before = logged.length;
    sampling.stop();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(logged).toHaveLength(before);
  },
);
