// Waiting for many fds at once, with epoll(7). Each fd has a token, which tells it from the
// others when something has happened to it.

import * as libc from './libc.ts';
import { EEXIST, SystemError } from './system-error.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;

export const EPOLLIN = 1;
export const EPOLLPRI = 2;
export const EPOLLERR = 8;

/** struct epoll_event: 32 bits of events, then 64 of token, which only x86-64 packs. */
const eventWords = process.arch === 'x64' ? 3 : 4;
const tokenWord = eventWords - 2;
const mostEvents = 64;

export type OnReady = (token: number, events: number) => void;

/** A new epoll instance's fd. */
export function createEpoll(): number {
  return libc.checked('create an epoll instance', () => libc.epollCreate1(EPOLL_CLOEXEC));
}

/** One thread's use of an epoll instance. */
export class Epoll {
  readonly #fd: number;
  readonly #ready = new Int32Array(mostEvents * eventWords);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Waits for `events` of a fd too, and for EPOLLERR; nothing changes if it is there already. */
  add(fd: number, events: number, token: number): void {
    const event = new Int32Array(eventWords);
    event[0] = events;
    event[tokenWord] = token;
    if (libc.epollCtl(this.#fd, EPOLL_CTL_ADD, fd, event) === 0) return;
    const errno = libc.lastErrno();
    if (errno !== EEXIST) throw new SystemError(`wait for fd ${fd}`, errno);
  }

  /** Does nothing when it is not there. */
  remove(fd: number): void {
    libc.epollCtl(this.#fd, EPOLL_CTL_DEL, fd, null);
  }

  /** Blocks until something has happened, or at most so long; -1 for ever. */
  wait(limitMsec: number, onReady: OnReady): void {
    const count = libc.checked('wait for events', () =>
      libc.epollWait(this.#fd, this.#ready, mostEvents, limitMsec),
    );
    for (let at = 0; at < count * eventWords; at += eventWords) {
      onReady(this.#ready[at + tokenWord] ?? 0, this.#ready[at] ?? 0);
    }
  }
}
