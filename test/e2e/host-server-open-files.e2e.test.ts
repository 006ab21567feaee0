// Open files go from the server to host-server and back: each pass over a file gives one text.

import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Session } from '../../src/fuse/session.ts';
import { readFuseRequest, writeFuseReply } from '../../src/kernel/fuse-device.ts';
import { GeneratedFileSystem } from '../../src/vfs/generated-file-system.ts';
import { Tree } from '../../src/vfs/tree.ts';
import { deadMount, type HostServer, startHostServer, untilTrue } from '../support/host-server.ts';
import { missing } from '../support/requirements.ts';
import { makeSessionState, type SessionState } from '../support/session-state.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

/** Of more than one page, and nowhere like that of the host. */
const ownText = Array.from({ length: 2000 }, (_, line) => `line ${line}\n`).join('');

interface Scene {
  readonly file: FileHandle;
  readonly state: SessionState;
  /** The server answers so many requests, while somebody waits for it. */
  serverAnswers(count: number): void;
  startHost(): HostServer;
}

/** An open file of the server, from which nothing was read. */
async function openFile(withState: boolean): Promise<Scene> {
  const { mountPoint, fds } = await deadMount(teardown);
  const { tree: fd = -1 } = fds;
  const state = makeSessionState(teardown);
  const generate = () => ({ text: ownText, owner: 7 });
  const row = { path: 'proc/meminfo', nodeId: 17, mode: 0o444, generate };
  const tree = new Tree([{ path: 'proc', nodeId: 2 }], [row], 0);
  const session = new Session(new GeneratedFileSystem(tree, state.openFiles), () => undefined);
  const request = Buffer.alloc(8192);
  const reply = Buffer.alloc(131_072);
  const serverAnswers = (count: number): void => {
    for (let answered = 0; answered < count; answered += 1) {
      const length = readFuseRequest(fd, request);
      writeFuseReply(fd, reply, session.answer(request, length, reply));
    }
  };
  const opening = open(`${mountPoint}/proc/meminfo`);
  serverAnswers(1);
  const file = await opening;
  teardown.add(() => file.close());
  const passed = withState ? { ...fds, state: state.fd } : fds;
  return {
    file,
    state,
    serverAnswers,
    startHost: () => startHostServer(teardown, { fds: passed }),
  };
}

async function readNext(file: FileHandle, bytes: number, position: number | null = null) {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer.toString('latin1', 0, bytesRead);
}

/** What one read that the server answers gives. */
function readOfServer({ file, serverAnswers }: Scene, bytes: number) {
  const reading = readNext(file, bytes);
  serverAnswers(1);
  return reading;
}

/** All that readers on the host may have. */
function fillPages({ state: { openFiles } }: Scene): void {
  const text = 'x'.repeat(4096 * 64 + 1);
  for (let count = 0; count < 8; count++) {
    openFiles.begin({ handle: openFiles.nextHandle(), owner: 0, text, nextOffset: 1 });
  }
}

describe('a text that the server began', () => {
  it('is read to its end from host-server, which then has a new one', async () => {
    const scene = await openFile(true);
    const { file, startHost } = scene;
    expect(await readOfServer(scene, 100)).toBe(ownText.slice(0, 100));
    startHost();
    expect(await readNext(file, 5000)).toBe(ownText.slice(100, 5100));
    expect(await readNext(file, 1)).toBe(ownText.slice(5100, 5101));
    expect(await readNext(file, 100_000)).toBe(ownText.slice(5101));
    expect(await readNext(file, 100)).toBe('');
    expect(await readNext(file, 100, 0)).toMatch(/^MemTotal: /);
    expect(await readNext(file, 100, 100)).not.toContain('line');
  });

  it('is read on from the server when it is back', async () => {
    const scene = await openFile(true);
    expect(await readOfServer(scene, 100)).toBe(ownText.slice(0, 100));
    const host = scene.startHost();
    expect(await readNext(scene.file, 5000)).toBe(ownText.slice(100, 5100));
    await host.kill();
    expect(await readOfServer(scene, 100_000)).toBe(ownText.slice(5100));
    expect(await readOfServer(scene, 100)).toBe('');
  });

  it('has its end when all of it was read before', async () => {
    const scene = await openFile(true);
    expect(await readOfServer(scene, 100_000)).toBe(ownText);
    scene.startHost();
    expect(await readNext(scene.file, 100)).toBe('');
  });

  it('fails when it is lost with the state, and begins anew', async () => {
    const scene = await openFile(false);
    expect(await readOfServer(scene, 100)).toBe(ownText.slice(0, 100));
    scene.startHost();
    await expect(readNext(scene.file, 100)).rejects.toThrow('EIO');
    expect(await readNext(scene.file, 100, 0)).toMatch(/^MemTotal: /);
    expect(await readNext(scene.file, 100, 100)).not.toBe('');
  });
});

describe('a text of host-server', () => {
  it('has its end from every server when all of it was read', async () => {
    const scene = await openFile(true);
    const host = scene.startHost();
    expect(await readNext(scene.file, 100_000)).toMatch(/^MemTotal: /);
    await host.kill();
    expect(await readOfServer(scene, 100)).toBe('');
  });

  it('is read on from every server when it was read in part', async () => {
    const scene = await openFile(true);
    const first = scene.startHost();
    let text = await readNext(scene.file, 100);
    text += await readNext(scene.file, 100);
    await first.kill();
    text += await readOfServer(scene, 100);
    const second = scene.startHost();
    text += await readNext(scene.file, 100);
    await second.kill();
    text += await readOfServer(scene, 100_000);
    expect(await readOfServer(scene, 100)).toBe('');
    const labels = (meminfo: string) => meminfo.match(/^\S+:/gm);
    expect(labels(text)).toEqual(labels(readFileSync('/proc/meminfo', 'latin1')));
    expect(scene.state.openFiles.usage()).toEqual({ entries: 1, pages: 1 });
  });

  it('is not mixed with another when there was no room for the rest of it', async () => {
    const scene = await openFile(true);
    fillPages(scene);
    const host = scene.startHost();
    expect(await readNext(scene.file, 100)).toMatch(/^MemTotal: /);
    await host.kill();
    await expect(readOfServer(scene, 100)).rejects.toThrow('EIO');
    scene.startHost();
    await expect(readNext(scene.file, 100)).rejects.toThrow('EIO');
  });

  it('leaves nothing behind when its file is closed', async () => {
    const scene = await openFile(true);
    expect(await readOfServer(scene, 100)).toBe(ownText.slice(0, 100));
    expect(scene.state.openFiles.usage()).toEqual({ entries: 1, pages: 5 });
    scene.startHost();
    await scene.file.close();
    const { openFiles } = scene.state;
    await untilTrue('it is forgotten', () => openFiles.usage().entries === 0);
    expect(openFiles.usage()).toEqual({ entries: 0, pages: 0 });
  });
});

describe('what is remembered when a server died while it changed it', () => {
  it('is put right, and texts of host-server are read on', async () => {
    const scene = await openFile(true);
    const { openFiles, leaveHalfDone } = scene.state;
    const [whole, changing] = [openFiles.nextHandle(), openFiles.nextHandle()];
    const end = { owner: 7, text: ownText, nextOffset: 10 };
    for (const handle of [whole, changing]) openFiles.begin({ ...end, handle });
    leaveHalfDone(changing);
    const host = scene.startHost();
    let text = await readNext(scene.file, 100);
    text += await readNext(scene.file, 100);
    await host.kill();
    text += await readOfServer(scene, 100_000);
    expect(text.slice(0, 10)).toBe('MemTotal: ');
    expect(text.at(-1)).toBe('\n');
    expect(openFiles.usage()).toEqual({ entries: 2, pages: 1 + Math.ceil(ownText.length / 4096) });
    const rest = Buffer.alloc(ownText.length);
    const length = openFiles.readOn({ handle: whole, offset: 10, isAskedAgain: false }, rest);
    expect(rest.toString('latin1', 0, length)).toBe(ownText.slice(10));
    const lost = openFiles.readOn({ handle: changing, offset: 10, isAskedAgain: false }, rest);
    expect(lost).toBeUndefined();
  });
});
