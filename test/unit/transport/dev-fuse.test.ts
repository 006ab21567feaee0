// The whole path from the kernel's VFS to a generated text and back, over /dev/fuse. This
// process serves and blocks; a shell beside it reads, and unmounts at its end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Session } from '../../../src/fuse/session.ts';
import { openFuseDevice } from '../../../src/kernel/fuse-device.ts';
import { mountFuse } from '../../../src/kernel/mounts.ts';
import { closeFd } from '../../../src/kernel/process.ts';
import { DevFuseChannel } from '../../../src/transport/dev-fuse.ts';
import { serve } from '../../../src/transport/serve.ts';
import { GeneratedFileSystem } from '../../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../../src/vfs/open-files.ts';
import { Tree } from '../../../src/vfs/tree.ts';
import { unmountBelow } from '../../support/mounts.ts';
import { missing } from '../../support/requirements.ts';
import { makeTeardown } from '../../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
vi.setConfig({ testTimeout: 30_000 });
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

/** Larger than the 128 KiB that one READ asks for at most. */
const longText = Array.from({ length: 40_000 }, (_, line) => `${line}\n`).join('');

function makeSession(reported: unknown[], openFiles: OpenFiles): Session {
  let moment = 0;
  const fresh = () => ({ text: `moment ${++moment}\n`, owner: 0 });
  const files = [
    { path: 'proc/moment', nodeId: 3, mode: 0o444, generate: fresh },
    { path: 'proc/long', nodeId: 4, mode: 0o444, generate: () => ({ text: longText, owner: 0 }) },
    {
      path: 'broken',
      nodeId: 5,
      mode: 0o444,
      generate: () => {
        throw new TypeError('broken');
      },
    },
  ];
  const tree = new Tree([{ path: 'proc', nodeId: 2 }], files, 1_000_000_000);
  return new Session(new GeneratedFileSystem(tree, openFiles), (error) => reported.push(error));
}

/** Runs a script in the mounted directory; what it prints. */
async function printedBy(script: string): Promise<{ printed: string; reported: unknown[] }> {
  const reported: unknown[] = [];
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const directory = teardown.makeDir();
  const output = `${teardown.makeDir()}/output`;
  const fd = openFuseDevice();
  teardown.add(() => closeFd(fd));
  mountFuse(fd, directory);
  teardown.add(() => unmountBelow(directory));
  // The shell gives up by itself, so that serve() returns whatever goes wrong.
  const guarded = `exec >${output} 2>&1; trap 'umount --lazy ${directory}' EXIT; (${script})`;
  const shell = spawn('timeout', ['20', 'sh', '-c', guarded], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', M: directory, LC_ALL: 'C' },
    stdio: 'ignore',
  });
  const ended = once(shell, 'exit');
  const slot = { request: Buffer.alloc(8192), end() {}, isRetired: () => false };
  serve(new DevFuseChannel(fd), makeSession(reported, openFiles), slot);
  await ended;
  expect(openFiles.usage()).toEqual({ entries: 0, pages: 0 });
  return { printed: readFileSync(output, 'utf8'), reported };
}

test('a reader sees the tree, with its modes, links and times', async () => {
  const { printed, reported } = await printedBy(`
    ls -a $M $M/proc
    stat -c '%n %A %h %u %g %s %Y' $M $M/proc $M/proc/moment | sed "s:$M::"
    stat -f -c '%T %b %s' $M/proc/moment`);
  expect(printed.replaceAll(/\/tmp\/[^:]*?(?=:|\/proc:)/g, 'M').split('\n')).toEqual([
    'M:',
    ...['.', '..', 'broken', 'proc', ''],
    'M/proc:',
    ...['.', '..', 'long', 'moment'],
    ' dr-xr-xr-x 3 0 0 0 1000000000',
    '/proc dr-xr-xr-x 2 0 0 0 1000000000',
    '/proc/moment -r--r--r-- 1 0 0 4096 1000000000',
    'fuseblk 0 4096',
    '',
  ]);
  expect(reported).toEqual([]);
});

test('a reader sees one text, whole or in small pieces, and each open a fresh one', async () => {
  const { printed } = await printedBy(`
    cat $M/proc/moment $M/proc/moment
    dd if=$M/proc/moment bs=3 status=none
    dd if=$M/proc/long bs=1000 status=none | md5sum
    cat $M/proc/long | md5sum
    seq 0 39999 | md5sum`);
  const [first, second, third, ...sums] = printed.trimEnd().split('\n');
  expect([first, second, third]).toEqual(['moment 1', 'moment 2', 'moment 3']);
  expect(sums).toHaveLength(3);
  expect(new Set(sums).size).toBe(1);
});

test('a reader is refused what is not there, writing, and a text that fails', async () => {
  const { printed, reported } = await printedBy(`
    cat $M/nothing
    cat $M/proc
    cat $M/broken
    echo x > $M/proc/moment
    touch $M/more
    cat $M/proc/moment`);
  expect(printed.trimEnd().replaceAll(/^.*: /gm, '').split('\n')).toEqual([
    'No such file or directory',
    'Is a directory',
    'Input/output error',
    'Read-only file system',
    'Read-only file system',
    'moment 1',
  ]);
  expect(reported).toMatchObject([{ message: 'broken' }]);
});
