// Which pid namespace holds a container, however deep it nests more of them in itself.
//
// Whoever has a pid namespace can make more in it, each with an init and cgroups of its own.
// But one beside it can be made only from the host's; so the outermost one is what a
// container has one of.

import { openOwningUserNamespace, openParentNamespace } from '../kernel/namespace-ioctl.ts';
import { closeFd, inodeOf, readNamespaceLink, readOpenNamespaceLink } from '../kernel/process.ts';

/** The kernel's limit (MAX_PID_NS_LEVEL). */
const mostLevels = 32;

/** A process never leaves the namespaces that it was started in, this one at least. */
const ownPidnsLink = readNamespaceLink('/proc/self', 'pid');
const ownUsernsLink = readNamespaceLink('/proc/self', 'user');

export interface OpenPidns {
  readonly fd: number;
  readonly inode: number;
}

/**
 * The inode of the outermost pid namespace around an open one, itself included, that is not the
 * daemon's own. `undefined` when the rights to make it came from a user namespace: every
 * user of the host may be able to make those, and so to have as many as they like.
 */
export function outermostPidns(pidns: OpenPidns): number | undefined {
  const opened: number[] = [];
  try {
    let outermost = pidns;
    for (let level = 0; level < mostLevels; level++) {
      const fd = openParentNamespace(outermost.fd);
      if (fd === undefined) return undefined;
      opened.push(fd);
      const link = readOpenNamespaceLink(fd);
      if (link === undefined) return undefined;
      if (link === ownPidnsLink) return isMadeByHost(outermost) ? outermost.inode : undefined;
      outermost = { fd, inode: inodeOf(link) };
    }
    return undefined;
  } finally {
    for (const fd of opened) closeFd(fd);
  }
}

function isMadeByHost({ fd }: OpenPidns): boolean {
  const userns = openOwningUserNamespace(fd);
  if (userns === undefined) return false;
  try {
    return readOpenNamespaceLink(userns) === ownUsernsLink;
  } finally {
    closeFd(userns);
  }
}
