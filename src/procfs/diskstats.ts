// /proc/diskstats of a container.

import { readIoUsage } from '../cgroup/io.ts';
import { renderDiskstats } from '../render/diskstats.ts';
import type { Container } from './container.ts';
import type { Sources } from './sources.ts';

export function diskstatsText(
  { cgroup }: Pick<Container, 'cgroup'>,
  { host }: Pick<Sources, 'host'>,
): string | undefined {
  const usage = readIoUsage(cgroup);
  const hostText = host.readText('/proc/diskstats');
  if (usage === undefined || hostText === undefined) return undefined;
  return renderDiskstats(hostText, usage);
}
