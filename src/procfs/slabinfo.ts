// /proc/slabinfo of a container. The host's stands in for it, and the kernel lets the
// same readers at either: those who pass for the owner of a file of mode 0400.

import { readSlabinfo } from '../cgroup/slabinfo.ts';
import type { Container } from './container.ts';

export function slabinfoText({ cgroup }: Pick<Container, 'cgroup'>): string | undefined {
  return readSlabinfo(cgroup);
}
