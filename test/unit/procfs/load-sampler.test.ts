import { describe, expect, test } from 'vitest';
import type { TaskSite } from '../../../src/cgroup/tasks.ts';
import { LoadSampler } from '../../../src/procfs/load-sampler.ts';
import {
  advanceLoads,
  type LoadAverages,
  loadTickUsec,
  noLoad,
} from '../../../src/view/load-average.ts';
import { SharedLoads } from '../../../src/view/shared-loads.ts';

const secret = { low: 1, high: 2 };
const minuteUsec = 60e6;

/** Containers by name, each with so many running tasks; a clock that stands until it is moved. */
class Scene {
  nowUsec = 1e12;
  cpuUsec = 0;
  readonly running = new Map<string, number>();
  readonly costUsec = new Map<string, number>();
  readonly counted: string[] = [];
  readonly buffer = SharedLoads.allocate(secret);
  readonly readers = new SharedLoads(this.buffer, 1);
  readonly sampler = this.startSampler(2);

  startSampler(owner: number): LoadSampler {
    return new LoadSampler({
      loads: new SharedLoads(this.buffer, owner),
      clock: { monotonicUsec: () => this.nowUsec, threadCpuUsec: () => this.cpuUsec },
      count: (site) => this.#count(site),
    });
  }

  read(name: string): LoadAverages | undefined {
    const owner = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) | 0, 7);
    return this.readers.read(this.readers.keyOf(name, owner), {
      nowUsec: this.nowUsec,
      site: { version: 2, path: name, freezerPath: undefined },
      usedUsec: 0,
      newest: { pidnsInode: 1, pid: 1, startTicks: 1 },
      history: () => ({ startedAtUsec: this.nowUsec, cpuCount: 1 }),
    })?.averages;
  }

  /** As the sampler's thread does, without waiting. */
  pass(usec: number, sampler = this.sampler): void {
    const endUsec = this.nowUsec + usec;
    for (;;) {
      const nextUsec = sampler.run() ?? Number.POSITIVE_INFINITY;
      this.nowUsec = Math.min(endUsec, nextUsec);
      if (nextUsec > endUsec) return;
    }
  }

  #count({ path }: TaskSite) {
    this.counted.push(path);
    this.cpuUsec += this.costUsec.get(path) ?? 10;
    const running = this.running.get(path);
    if (running === undefined) return undefined;
    return {
      running,
      blocked: 0,
      total: running,
      isPartial: false,
      newest: undefined,
      oldestStartTicks: undefined,
    };
  }
}

function afterTicks(active: number, ticks: number): LoadAverages {
  let averages = noLoad;
  for (let tick = 0; tick < ticks; tick++) averages = advanceLoads(averages, active, 1);
  return averages;
}

describe('LoadSampler', () => {
  test('counts each container at its own ticks', () => {
    const scene = new Scene();
    scene.running.set('a', 3).set('b', 1);
    scene.read('a');
    scene.nowUsec += 2e6;
    scene.read('b');
    scene.sampler.findContainers();
    scene.pass(4 * loadTickUsec);
    expect(scene.counted).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
    expect(scene.read('a')).toEqual(afterTicks(3, 4));
    expect(scene.read('b')).toEqual(afterTicks(1, 4));
  });

  test('has nothing to do before somebody reads, and some minutes after that', () => {
    const scene = new Scene();
    expect(scene.sampler.run()).toBeUndefined();
    scene.running.set('a', 1);
    scene.read('a');
    scene.sampler.findContainers();
    scene.pass(4 * minuteUsec);
    scene.read('a');
    scene.pass(6 * minuteUsec);
    expect(scene.counted).toHaveLength(Math.floor((9 * minuteUsec) / loadTickUsec));
    expect(scene.sampler.run()).toBeUndefined();
  });
});

describe('LoadSampler, when something is gone', () => {
  test('goes on where another sampler was', () => {
    const scene = new Scene();
    scene.running.set('a', 2);
    scene.read('a');
    scene.sampler.findContainers();
    scene.pass(3 * loadTickUsec);
    const next = scene.startSampler(3);
    next.findContainers();
    scene.pass(3 * loadTickUsec, next);
    expect(scene.read('a')).toEqual(afterTicks(2, 6));
  });

  test('keeps what it knows of a container that cannot be counted', () => {
    const scene = new Scene();
    scene.running.set('a', 2);
    scene.read('a');
    scene.sampler.findContainers();
    scene.pass(loadTickUsec);
    scene.running.delete('a');
    scene.pass(loadTickUsec);
    expect(scene.read('a')).toEqual(afterTicks(2, 2));
  });
});

describe('what LoadSampler costs', () => {
  test('is at most 10 ms of a tick for one container, whatever it runs', () => {
    const scene = new Scene();
    scene.running.set('huge', 5);
    scene.costUsec.set('huge', 100_000);
    scene.read('huge');
    scene.sampler.findContainers();
    scene.pass(50 * loadTickUsec);
    expect(scene.cpuUsec).toBeLessThanOrEqual(600_000);
    expect(scene.counted.length).toBeGreaterThanOrEqual(5);
    expect(scene.read('huge')).toEqual(afterTicks(5, 50));
  });

  test('is at most 4 % of a core for all, and those that need little are always counted', () => {
    const scene = new Scene();
    const names = Array.from({ length: 1000 }, (_, index) => `container ${index}`);
    for (const [index, name] of names.entries()) {
      scene.running.set(name, 1);
      scene.costUsec.set(name, index % 2 === 0 ? 100 : 50_000);
      scene.read(name);
    }
    scene.sampler.findContainers();
    const ticks = 50;
    scene.pass(ticks * loadTickUsec);
    // What is counted at the first tick is made up for later, at most with this run's end.
    const firstUsec = 500 * 50_000;
    expect(scene.cpuUsec).toBeLessThanOrEqual(0.04 * ticks * loadTickUsec + firstUsec);
    const timesCounted = scene.counted.filter((name) => name === 'container 0').length;
    expect(timesCounted).toBe(ticks);
    expect(scene.counted.filter((name) => name === 'container 1').length).toBe(1);
  });
});
