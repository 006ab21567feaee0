// The transport that needs no library: /dev/fuse itself. All threads share one fd: closing a
// cloned one would end the requests that were read through it.

import { readFuseRequest, writeFuseReply } from '../kernel/fuse-device.ts';
import type { Channel } from './channel.ts';

export class DevFuseChannel implements Channel {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  receive(into: Buffer): number {
    return readFuseRequest(this.#fd, into);
  }

  send(reply: Buffer, length: number): boolean {
    return writeFuseReply(this.#fd, reply, length);
  }
}
