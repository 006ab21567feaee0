// Which pid namespace holds a container, however deep it nests more of them in itself.
//
// Whoever has a pid namespace can make more in it, each with an init and cgroups of its own.
// But one beside it can be made only from the host's; so the outermost one is what a
// container has one of.

import { openOwningUserNamespace, openParentNamespace } from '../kernel/namespace-ioctl.ts';
import { closeFd, inodeOf, readNamespaceLink, readOpenNamespaceLink } from '../kernel/process.ts';

/** The kernel's limit (MAX_PID_NS_LEVEL). */
const mostLevels = 32;

/**
 * The inode of the outermost pid namespace around an open one, itself included, that is not the
 * daemon's own. `undefined` when the rights to make it came from a user namespace: every
 * user of the host may be able to make those, and so to have as many as they like.
 */
export function outermostPidns(pidnsFd: number): number | undefined {
  const ownLink = readNamespaceLink('/proc/self', 'pid');
  const opened: number[] = [];
  try {
    let outermost = pidnsFd;
    for (let level = 0; level < mostLevels; level++) {
      const parent = openParentNamespace(outermost);
      if (parent === undefined) return undefined;
      opened.push(parent);
      if (readOpenNamespaceLink(parent) === ownLink) return inodeMadeByHost(outermost);
      outermost = parent;
    }
    return undefined;
  } finally {
    for (const fd of opened) closeFd(fd);
  }
}

function inodeMadeByHost(pidnsFd: number): number | undefined {
  const userns = openOwningUserNamespace(pidnsFd);
  if (userns === undefined) return undefined;
  try {
    const isHost = readOpenNamespaceLink(userns) === readNamespaceLink('/proc/self', 'user');
    const link = isHost ? readOpenNamespaceLink(pidnsFd) : undefined;
    return link === undefined ? undefined : inodeOf(link);
  } finally {
    closeFd(userns);
  }
}
