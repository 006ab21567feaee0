// What a thread may do, as far as the kernel tells others.

import { hasCapability } from './machine.ts';
import { readNamespaceLink } from './process.ts';

/**
 * Whether a thread has CAP_SYS_RESOURCE in this process's user namespace. Capabilities in
 * a user namespace of its own are rights over what that namespace has, not over the host.
 */
export function mayExceedResources(tid: number): boolean {
  if (tid <= 0) return false;
  const dir = `/proc/${tid}`;
  const userns = readNamespaceLink(dir, 'user');
  return (
    userns !== undefined &&
    userns === readNamespaceLink('/proc/self', 'user') &&
    hasCapability('CAP_SYS_RESOURCE', dir)
  );
}
