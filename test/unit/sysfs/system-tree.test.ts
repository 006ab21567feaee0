// What each reader finds in the tree. See makeSystemDevices() for the host.

import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeScene, teardown, tids } from './scene.ts';

afterAll(() => teardown.run());
const scene = makeScene();
const callerOf = (callerTid: number) => ({ callerTid, uid: 0, gid: 0 });
const { host, odd, one, all, gone } = tids;

const cpuNames = (count: number) => Array.from({ length: count }, (_, cpu) => `cpu${cpu}`);
const without = (names: readonly string[] | undefined, pattern: RegExp) =>
  names?.filter((name) => !pattern.test(name)).sort();

describe('names', () => {
  it.each([
    ['the host', host, 8],
    ['a reader who is gone', gone, 8],
    ['a container with all CPUs', all, 8],
    ['a container with four', odd, 4],
    ['a container with one', one, 1],
  ])('of CPUs are numbered from 0 for %s, and the last ones listed', (_who, tid, count) => {
    const names = scene.names('cpu', tid);
    expect(names?.slice(-count)).toEqual(cpuNames(count));
    expect(without(names, /^cpu\d/)).toEqual(without(scene.names('cpu', host), /^cpu\d/));
    expect(names?.slice(0, 2)).toEqual(['.', '..']);
    expect(scene.stat(`cpu/cpu${count}`, tid)).toBeUndefined();
  });

  it('of nodes are those of the shown CPUs, as the host numbers them', () => {
    expect(scene.names('node', host)?.slice(-2)).toEqual(['node0', 'node1']);
    expect(scene.names('node', odd)?.filter((name) => /\d/.test(name))).toEqual(['node1']);
    expect(scene.names('node', one)?.filter((name) => /\d/.test(name))).toEqual(['node0']);
    expect(scene.stat('node/node0', odd)).toBeUndefined();
    expect(scene.names('node/node1', odd)?.slice(-4)).toEqual(cpuNames(4));
  });

  it('in a CPU are those of the host CPU behind it', () => {
    expect(scene.names('cpu/cpu0', host)).not.toContain('online');
    expect(scene.names('cpu/cpu0', odd)).toContain('online');
    expect(scene.names('cpu/cpu3', odd)).toContain('only_here');
    expect(scene.stat('cpu/cpu3/only_here', host)).toBeUndefined();
    expect(scene.names('cpu/cpu3', odd)?.find((name) => /^node/.test(name))).toBe('node1');
  });

  it('that lead out of the tree are not there', () => {
    expect(scene.names('cpu/cpu0', host)).not.toContain('subsystem');
    expect(scene.stat('cpu/cpu0/subsystem', host)).toBeUndefined();
    expect(scene.stat('node/node0/memory3', host)).toBeUndefined();
  });

  it('of frequency policies are the host alone has; each CPU has its own', () => {
    expect(scene.names('cpu/cpufreq', host)).toContain('policy7');
    expect(scene.names('cpu/cpufreq', odd)).toEqual(['.', '..']);
    expect(scene.stat('cpu/cpufreq/policy1', odd)).toBeUndefined();
    expect(scene.read('cpu/cpu1/cpufreq/scaling_cur_freq', odd)).toBe('2000003\n');
  });

  it.each(['', '.', '..', 'cpu', 'cpu00', 'cpu+1', 'cpu99999', 'cpu8', 'topology', '../node'])(
    '%j is none in cpu/',
    (name) => {
      expect(scene.tree.child(11, name, callerOf(host))).toBeUndefined();
    },
  );
});

/** Path; what the host, the container with CPUs 1, 3, 5, 7 and that with CPU 0 read. */
const texts = [
  ['cpu/online', '0-7\n', '0-3\n', '0\n'],
  ['cpu/present', '0-7\n', '0-3\n', '0\n'],
  ['cpu/possible', '0-15\n', '0-3\n', '0\n'],
  ['cpu/offline', '8-15\n', '\n', '\n'],
  ['cpu/isolated', '3,5\n', '1-2\n', '\n'],
  ['cpu/nohz_full', '  (null)\n', '  (null)\n', '  (null)\n'],
  ['cpu/kernel_max', '255\n', '255\n', '255\n'],
  ['cpu/vulnerabilities/meltdown', 'Not affected\n', 'Not affected\n', 'Not affected\n'],
  ['cpu/cpu0/topology/thread_siblings_list', '0,4\n', '0,2\n', '0\n'],
  ['cpu/cpu0/topology/thread_siblings', '11\n', '5\n', '1\n'],
  ['cpu/cpu0/topology/core_siblings_list', '0,2,4,6\n', '0-3\n', '0\n'],
  ['cpu/cpu0/topology/core_siblings', '55\n', 'f\n', '1\n'],
  ['cpu/cpu0/topology/physical_package_id', '0\n', '0\n', '0\n'],
  ['cpu/cpu1/topology/physical_package_id', '1\n', '0\n', 'errno 2'],
  ['cpu/cpu1/topology/core_id', '0\n', '1\n', 'errno 2'],
  ['cpu/cpu0/cache/index3/shared_cpu_list', '0,2,4,6\n', '0-3\n', '0\n'],
  ['cpu/cpu0/cache/index3/shared_cpu_map', '55\n', 'f\n', '1\n'],
  ['cpu/cpu1/cpufreq/affected_cpus', '1 5\n', '1 3\n', 'errno 2'],
  ['node/online', '0-1\n', '1\n', '0\n'],
  ['node/has_generic_initiator', '\n', '\n', '\n'],
  ['node/node1/cpulist', '1,3,5,7\n', '0-3\n', 'errno 2'],
  ['node/node1/cpumap', 'aa\n', 'f\n', 'errno 2'],
  ['node/node1/distance', '21 10\n', '10\n', 'errno 2'],
  ['node/node0/cpulist', '0,2,4,6\n', 'errno 2', '0\n'],
] as const;

describe('texts', () => {
  it.each(texts)('%s: host, CPUs 1,3,5,7, CPU 0', (path, ofHost, ofOdd, ofOne) => {
    expect([host, odd, one].map((tid) => scene.read(path, tid))).toEqual([ofHost, ofOdd, ofOne]);
  });

  it('are the same for a container with all CPUs, but for CPUs that could be added', () => {
    for (const file of ['cpu/online', 'cpu/cpu3/topology/core_siblings', 'node/node1/cpulist']) {
      expect(scene.read(file, all)).toBe(scene.read(file, host));
    }
    expect(scene.read('cpu/cpu1/topology/physical_package_id', all)).toBe('1\n');
    expect(scene.read('cpu/possible', all)).toBe('0-7\n');
  });

  it('of a node are of the memory that the container has', () => {
    const lines = scene.read('node/node1/meminfo', odd).split('\n');
    expect(lines).toEqual([
      'Node 1 MemTotal:         524288 kB',
      'Node 1 MemFree:          421888 kB',
      'Node 1 MemUsed:          102400 kB',
      'Node 1 Active(anon):          4 kB',
      'Node 1 FilePages:         40960 kB',
      'Node 1 HugePages_Total:     0',
      '',
    ]);
    expect(scene.read('node/node1/meminfo', host)).toContain('MemTotal:        4194304 kB');
  });
});

describe('links', () => {
  it('between CPUs and nodes lead where they are shown', () => {
    expect(scene.link('cpu/cpu1/node1', host)).toBe('../../node/node1');
    expect(scene.link('cpu/cpu1/node1', odd)).toBe('../../node/node1');
    expect(scene.link('node/node1/cpu3', host)).toBe('../../cpu/cpu3');
    expect(scene.link('node/node1/cpu3', odd)).toBe('../../cpu/cpu3');
    expect(scene.link('node/node1/cpu4', odd)).toBeUndefined();
    expect(scene.link('node/node1', odd)).toBeUndefined();
  });
});

describe('permissions', () => {
  it("are the host's, and are enforced when a text is read", () => {
    expect(scene.stat('cpu/cpu0/crash_notes', odd)?.mode).toBe(0o100400);
    expect(scene.stat('cpu/uevent', odd)?.mode).toBe(0o100644);
    expect(scene.read('cpu/cpu0/crash_notes', odd)).toBe('notes of 1\n');
    expect(scene.read('cpu/cpu0/crash_notes', odd, 1000)).toBe('errno 13');
    expect(scene.read('cpu/cpu0/topology/core_id', odd, 1000)).toBe('0\n');
  });

  it('of the CPU behind a name count, whatever the kernel was told of another', () => {
    const path = join(scene.root, 'sys/devices/system/cpu/cpu3/topology/core_id');
    chmodSync(path, 0o400);
    expect(scene.read('cpu/cpu1/topology/core_id', odd, 1000)).toBe('errno 13');
    expect(scene.read('cpu/cpu1/topology/core_id', host, 1000)).toBe('0\n');
    chmodSync(path, 0o444);
  });
});

describe('node ids', () => {
  it('are the same for every reader and every daemon', () => {
    const later = scene.restarted();
    for (const path of ['cpu', 'cpu/cpu0', 'cpu/cpu1/topology/core_id', 'node/node1/cpu3']) {
      const ids = [scene.stat(path, odd), later.stat(path, host)].map((stat) => stat?.nodeId);
      expect(ids[0]).toBeGreaterThan(0);
      expect(ids[1]).toBe(ids[0]);
    }
  });

  it.each([
    'cpu/online',
    'cpu/cpu1',
    'cpu/cpu1/topology/core_id',
    'cpu/cpu1/cpufreq/affected_cpus',
    'cpu/vulnerabilities/meltdown',
    'node/node1',
    'node/node1/meminfo',
    'node/node1/cpu3',
  ])('%s is found again by its id alone', (path) => {
    const known = scene.stat(path, odd);
    const { tree } = scene.restarted();
    const { mode } = tree.attr(known?.nodeId ?? 0, callerOf(odd)) ?? {};
    expect(mode).toBe(known?.mode);
    const isFile = ((known?.mode ?? 0) & 0o170000) === 0o100000;
    const read = () => tree.text(known?.nodeId ?? 0, callerOf(odd))?.text;
    if (isFile) expect(read()).toBe(scene.read(path, odd));
  });
});

function inodesIn(path: string): number[] {
  const names = scene.names(path, host) ?? [];
  return names.slice(2).flatMap((name) => {
    const { inode = 0, mode = 0 } = scene.stat(`${path}/${name}`, host) ?? {};
    const isDirectory = (mode & 0o170000) === 0o040000;
    return [inode, ...(isDirectory ? inodesIn(`${path}/${name}`) : [])];
  });
}

describe('nodes', () => {
  it('that a reader does not have are told by name all the same, and then refused', () => {
    const cpu7 = scene.tree.child(11, 'cpu7', callerOf(one));
    expect(cpu7?.nodeId).toBe(scene.stat('cpu/cpu7', host)?.nodeId);
    expect(cpu7?.validSec).toBe(0);
    const id = cpu7?.nodeId ?? 0;
    expect(scene.tree.attr(id, callerOf(one))).toBeUndefined();
    expect(scene.tree.entries(id, callerOf(one))).toBeUndefined();
    expect(
      scene.tree.text(scene.stat('cpu/cpu7/only_here', host)?.nodeId ?? 0, callerOf(one)),
    ).toBe(undefined);
  });

  it('are kept by the kernel for a second at most, and not at all if readers differ', () => {
    expect(scene.stat('cpu', host)?.validSec).toBe(1);
    expect(scene.stat('cpu/online', host)?.validSec).toBe(1);
    expect(scene.stat('cpu/cpu0', host)?.validSec).toBe(0);
    expect(scene.stat('cpu/cpu0/topology/core_id', host)?.validSec).toBe(0);
    expect(scene.stat('cpu/cpufreq/policy0', host)?.validSec).toBe(0);
    expect(scene.stat('node/node0/meminfo', host)?.validSec).toBe(0);
  });

  it('have inode numbers that 32-bit programs can take, all different', () => {
    const inodes = [...inodesIn('cpu'), ...inodesIn('node')];
    expect(inodes.length).toBeGreaterThan(100);
    expect(new Set(inodes).size).toBe(inodes.length);
    expect(Math.max(...inodes)).toBeLessThan(2 ** 31);
  });
});

it('a CPU that the host loses is lost to all, and nothing else is', () => {
  const own = makeScene();
  expect(own.stat('cpu/cpu1/online', odd)).toBeDefined();
  rmSync(join(own.root, 'sys/devices/system/cpu/cpu3'), { recursive: true });
  expect(own.stat('cpu/cpu1/online', odd)).toBeUndefined();
  expect(own.names('cpu', odd)).not.toContain('cpu1');
  expect(own.stat('cpu/cpu2/online', odd)).toBeDefined();
});
