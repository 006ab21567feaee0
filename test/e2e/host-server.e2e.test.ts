// What the host's readers find in a mount that host-server serves, against the server itself and
// against the host.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import {
  type ServedTree,
  serveAsHost,
  startHostServer,
  untilTrue,
} from '../support/host-server.ts';
import { mountsBelow } from '../support/mounts.ts';
import { formOf, parseStat, sumsOf } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { servedTrees, systemDir } from '../support/system-mounts.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'util-linux');
const teardown = makeTeardown();
let served: ServedTree;
let daemon: Daemon;
beforeAll(async () => {
  if (lacking !== undefined) return;
  served = await serveAsHost(teardown);
  daemon = await startDaemon();
  teardown.add(() => daemon.stop());
  const mountsOf = (dir: string) => mountsBelow(dir).length;
  await untilTrue('the daemon has mounted all', () => {
    return mountsOf(daemon.mountPoint) === mountsOf(served.mountPoint);
  });
});
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

/** Paths with what stat(2) says of them, as a list in order. */
async function listing(dir: string): Promise<string[]> {
  const format = '%P %y %m %i %n %U %G %s %b %l\\n';
  const text = await runOrThrow(['find', dir, '-printf', format], { timeoutMsec: 20_000 });
  // The sizes of files of proc are made from texts that grow.
  const lines = text.split('\n').map((line) => line.replace(/^(proc\/.*) \d+ 0 $/, '$1 size'));
  return lines.sort();
}

async function readServed(file: string): Promise<string> {
  const { stdout, stderr } = await run(['cat', `${served.mountPoint}/${file}`]);
  expect(stderr).toBe('');
  return stdout;
}

describe('a mount served by host-server', () => {
  it('has the names, inodes, types, rights, sizes and links of the server', async () => {
    const expected = await listing(daemon.mountPoint);
    expect(expected.length).toBeGreaterThan(20);
    expect(await listing(served.mountPoint)).toEqual(expected);
  });

  it('lists directories in the order of the server, also in small pieces', async () => {
    const dirs = ['proc', 'sys/devices/system/cpu', 'sys/devices/system/cpu/cpu0'];
    for (const dir of dirs) {
      const lists = [daemon.mountPoint, served.mountPoint].flatMap((root) => [
        runOrThrow(['ls', '-U', '-a', `${root}/${dir}`]),
        runOrThrow([compileProgram('list-in-pieces'), `${root}/${dir}`]),
      ]);
      const [plain, inPieces, ownPlain, ownInPieces] = await Promise.all(lists);
      expect({ dir, names: ownPlain }).toEqual({ dir, names: plain });
      expect({ dir, names: ownInPieces }).toEqual({ dir, names: inPieces });
    }
  });

  it('has the texts of the host in proc', async () => {
    const files = (await runOrThrow(['find', `${served.mountPoint}/proc`, '-type', 'f'])).trimEnd();
    for (const path of files.split('\n')) {
      const file = path.slice(served.mountPoint.length);
      const host = await runOrThrow(['cat', file]);
      expect({ file, form: formOf(await readServed(file)) }).toEqual({ file, form: formOf(host) });
    }
  });

  it('has the texts of the host in sys', async () => {
    const steady = /^(cpu|node)\/\w+$|\/(cache|topology|vulnerabilities)\/|\/cpu(list|map)$|desc$/;
    const find = `cd ${systemDir} && find ${servedTrees().join(' ')} -type f -perm -004`;
    const paths = (await runOrThrow(['sh', '-c', find])).split('\n');
    const files = paths.filter((path) => steady.test(path));
    expect(files.length).toBeGreaterThan(20);
    for (const path of files) {
      const host = await readFile(`${systemDir}/${path}`, 'latin1');
      const text = await readServed(`${systemDir.slice(1)}/${path}`);
      expect({ path, text }).toEqual({ path, text: host });
    }
  });

  it('keeps files for root that are for root on the host', async () => {
    const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const refused = await run([...asNobody, 'cat', `${served.mountPoint}/proc/slabinfo`]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    const write = await run(['sh', '-c', `echo 1 > ${served.mountPoint}/proc/uptime`]);
    expect(write.stderr).toContain('Read-only file system');
  });
});

const totalOf = (counters: readonly number[] = []) =>
  counters.reduce((sum, count) => sum + count, 0);

describe('a reader with a small buffer', () => {
  it.each([1, 7, 64])('of %i bytes gets one whole text', async (bytes) => {
    const file = `${served.mountPoint}/proc/stat`;
    const text = await runOrThrow(['dd', `if=${file}`, `bs=${bytes}`, 'status=none']);
    expect(formOf(text)).toBe(formOf(await readFile('/proc/stat', 'latin1')));
  });

  it('gets all numbers of one moment, however slowly it reads', async () => {
    const slowly = '{ dd bs=10 count=1 status=none; sleep 1; cat; } < "$1"';
    const file = `${served.mountPoint}/proc/stat`;
    const stat = parseStat(await runOrThrow(['sh', '-c', slowly, 'sh', file]));
    // A second of a CPU is 100; the kernel rounds each counter off.
    const difference = totalOf(stat.cpus.get('cpu')) - totalOf(sumsOf(stat));
    expect(Math.abs(difference)).toBeLessThan(10 * stat.cpus.size);
  });

  it('gets the end again and again, and from the beginning a new text', async () => {
    const argv = [compileProgram('reads'), `${served.mountPoint}/proc/uptime`];
    const wanted = ['0:3', '1:100', '0:100', '0:100', '0:100@0', '0:5@4'];
    const reads = (await runOrThrow([...argv, ...wanted])).split('\f');
    const [first = '', other = '', rest = '', end, again = '', middle = ''] = reads;
    expect(first).toHaveLength(3);
    expect(first + rest).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
    expect(end).toBe('');
    expect(Number.parseFloat(again)).toBeGreaterThanOrEqual(Number.parseFloat(other));
    expect(middle).toHaveLength(5);
  });
});

describe('host-server', () => {
  it('needs less than a MiB of memory', async () => {
    await listing(served.mountPoint);
    const status = await readFile(`/proc/${served.server.pid}/status`, 'latin1');
    expect(status).toMatch(/^Name:\tnsproc-host$/m);
    const [, rssKib] = status.match(/^VmRSS:\s+(\d+) kB$/m) ?? [];
    expect(Number(rssKib)).toBeLessThan(1024);
    expect(served.server.output()).toBe('');
  });

  it('ends at SIGTERM with 0, also under load, and the next one goes on', async () => {
    const { mountPoint, fds } = served;
    const loop = `for i in $(seq 200); do cat '${mountPoint}/proc/uptime' || exit 1; done`;
    const readers = run(['sh', '-c', loop]);
    served.server.signal('SIGTERM');
    expect(await served.server.ended).toBe(0);
    served = { ...served, server: startHostServer(teardown, { fds }) };
    expect(await readers).toMatchObject({ status: 0, stderr: '' });
  });

  it('ends with 0 when everything is unmounted', async () => {
    for (const { mountPoint } of mountsBelow(served.mountPoint)) {
      await runOrThrow(['umount', mountPoint]);
    }
    expect(await served.server.ended).toBe(0);
  });
});
