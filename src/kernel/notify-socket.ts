// Messages of sd_notify(3): NAME=VALUE lines to whoever supervises this process, now and then with an
// fd that it shall keep. They go to a socket that has an address, or through one that was passed on.

import koffi from 'koffi';
import * as libc from './libc.ts';
import { SystemError } from './system-error.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** Where sun_path begins in struct sockaddr_un, and the most it holds. */
const pathOffset = 2;
const longestPath = 107;

const iovec = koffi.struct({ base: 'void *', length: 'size_t' });
const msghdr = koffi.struct({
  name: 'void *',
  namelen: 'uint32_t',
  iov: koffi.pointer(iovec),
  iovlen: 'size_t',
  control: 'void *',
  controllen: 'size_t',
  flags: 'int',
});
const libcFile = koffi.load('libc.so.6');
const socket: (domain: number, type: number, protocol: number) => number = libcFile.func(
  'int socket(int domain, int type, int protocol)',
);
const sendmsg: (fd: number, message: object, flags: number) => number = libcFile.func(
  'sendmsg',
  'long',
  ['int', koffi.pointer(msghdr), 'int'],
);

/** struct sockaddr_un for a path, or for an abstract name that is written with an `@`. */
function encodeAddress(path: string): Buffer {
  const bytes = Buffer.from(path, 'latin1');
  if (bytes.length > longestPath) throw new RangeError(`Cannot reach ${path}: it is too long`);
  const address = Buffer.alloc(pathOffset + bytes.length);
  address.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(address, pathOffset);
  if (path.startsWith('@')) address[pathOffset] = 0;
  return address;
}

/** struct cmsghdr with one fd. */
function encodeRights(fd: number): Buffer {
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, 16);
  return control;
}

interface Sending {
  readonly passedFd: number | undefined;
  readonly flags: number;
}

export class NotifySocket {
  readonly #fd: number;
  /** `null` when the other end is connected. */
  readonly #address: Buffer | null;

  private constructor(fd: number, address: Buffer | null) {
    this.#fd = fd;
    this.#address = address;
  }

  /** To whoever listens there. */
  static at(path: string): NotifySocket {
    const address = encodeAddress(path);
    const fd = libc.checked('make a socket', () => socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return new NotifySocket(fd, address);
  }

  /** To whoever has the other end of this one, which keeps messages apart. */
  static on(fd: number): NotifySocket {
    return new NotifySocket(fd, null);
  }

  /** Sends lines, with an fd if one is given; waits while too many are on their way. */
  send(text: string, passedFd?: number): void {
    this.#send(text, { passedFd, flags: MSG_NOSIGNAL });
  }

  /** The same of what may get lost: throws EAGAIN rather than wait. */
  sendNow(text: string): void {
    this.#send(text, { passedFd: undefined, flags: MSG_NOSIGNAL | MSG_DONTWAIT });
  }

  #send(text: string, { passedFd, flags }: Sending): void {
    const bytes = Buffer.from(text, 'latin1');
    const control = passedFd === undefined ? null : encodeRights(passedFd);
    const message = {
      name: this.#address,
      namelen: this.#address?.length ?? 0,
      iov: [{ base: bytes, length: bytes.length }],
      iovlen: 1,
      control,
      controllen: control?.length ?? 0,
      flags: 0,
    };
    if (sendmsg(this.#fd, message, flags) >= 0) return;
    throw new SystemError('tell the supervisor', libc.lastErrno());
  }
}
