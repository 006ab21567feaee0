// /dev/fuse together with other fds: a thread that waits for requests is told as well when
// something happens to them, and can wake those who poll a file.

import { encodePollNotification } from '../fuse/protocol/reply.ts';
import { EPOLLERR, EPOLLIN, EPOLLPRI, Epoll } from '../kernel/epoll.ts';
import { takeFuseRequest, writeFuseReply } from '../kernel/fuse-device.ts';
import type { Channel } from './channel.ts';

/** Other tokens are not negative. */
const requestToken = -1;

/** `isBroken`: it will never have anything again, and is no longer waited for. */
export type OnEvent = (token: number, isBroken: boolean) => void;

export class EventfulChannel implements Channel {
  readonly #fuseFd: number;
  readonly #epoll: Epoll;
  readonly #onEvent: OnEvent;

  /** The device does not block. */
  constructor(fuseFd: number, epollFd: number, onEvent: OnEvent) {
    this.#fuseFd = fuseFd;
    this.#epoll = new Epoll(epollFd);
    this.#onEvent = onEvent;
  }

  /** Preconditions: it is mounted; a device without a connection never wakes a poll. */
  watchRequests(): void {
    this.#epoll.add(this.#fuseFd, EPOLLIN, requestToken);
  }

  /** Waits for POLLPRI of an fd too. */
  watch(fd: number, token: number): void {
    this.#epoll.add(fd, EPOLLPRI, token);
  }

  unwatch(fd: number): void {
    this.#epoll.remove(fd);
  }

  /** Events come before the request that was there at the same time. */
  receive(into: Buffer): number {
    for (;;) {
      let hasRequest = false;
      this.#epoll.wait(-1, (token, events) => {
        if (token === requestToken) hasRequest = true;
        else this.#onEvent(token, (events & EPOLLERR) !== 0);
      });
      const length = hasRequest ? takeFuseRequest(this.#fuseFd, into) : undefined;
      if (length !== undefined) return length;
    }
  }

  send(reply: Buffer, length: number): boolean {
    return writeFuseReply(this.#fuseFd, reply, length);
  }

  /** Makes whoever polls the file of this kernel handle ask again. */
  notifyPoll(kernelHandle: bigint): void {
    const message = encodePollNotification(kernelHandle);
    writeFuseReply(this.#fuseFd, message, message.length);
  }
}
