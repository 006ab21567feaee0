// The texts that the reader of a fixture sees, of files that need nothing but its
// cgroups and the host's files.

import { HostFiles } from '../../src/host/host-files.ts';
import { KeptCpuinfo } from '../../src/host/kept-cpuinfo.ts';
import { cpuinfoText } from '../../src/procfs/cpuinfo.ts';
import { diskstatsText } from '../../src/procfs/diskstats.ts';
import { slabinfoText } from '../../src/procfs/slabinfo.ts';
import { swapsText } from '../../src/procfs/swaps.ts';
import type { CpuPolicy } from '../../src/view/cpu-count.ts';
import type { Fixture } from './fixture.ts';

function withHost<Result>({ root }: Fixture, use: (host: HostFiles) => Result): Result {
  const host = new HostFiles(root);
  try {
    return use(host);
  } finally {
    host.close();
  }
}

export function cpuinfoTextOf(fixture: Fixture): string | undefined {
  const cpuPolicy: CpuPolicy = fixture.reader['policy'] === 'cpuset' ? 'cpuset' : 'quota';
  return withHost(fixture, (host) => {
    const cpuinfo = new KeptCpuinfo({ host, clock: { monotonicUsec: () => 0 } });
    return cpuinfoText(fixture, { host, cpuPolicy, cpuinfo }, 0);
  });
}

export function swapsTextOf(fixture: Fixture): string | undefined {
  const { reader } = fixture;
  const shownMemory = { swap: reader['swap'] !== 'off', zswap: true };
  return withHost(fixture, (host) => swapsText(fixture, { host, shownMemory }));
}

export function diskstatsTextOf(fixture: Fixture): string | undefined {
  return withHost(fixture, (host) => diskstatsText(fixture, { host }));
}

export function slabinfoTextOf(fixture: Fixture): string | undefined {
  return slabinfoText(fixture);
}
