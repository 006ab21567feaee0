// The text of /proc/cpuinfo: what the host says of the container's CPUs, numbered
// from 0 as in /proc/stat, and what it says of the machine.

import type { CpuList } from '../cgroup/cpuset.ts';
import type { CpuEntries, HostCpuinfo } from '../host/cpuinfo.ts';
import { withOwnTopology } from './cpu-topology.ts';

function renderEntries(entries: CpuEntries, cpus: CpuList): string {
  const chosen = cpus.flatMap((cpu) => entries.get(cpu) ?? []);
  const hostRests = chosen.map(({ rest }) => rest);
  // Of all the host's CPUs, what the host says is true.
  const rests = chosen.length === entries.size ? hostRests : withOwnTopology(hostRests);
  return chosen.map(({ lead }, index) => `${lead}${index}${rests[index]}`).join('');
}

/** s390x also says how many CPUs there are. */
function renderMachine(text: string, cpuCount: number): string {
  return text.replace(/^(# processors\s*: )\d+$/m, `$1${cpuCount}`);
}

/** Renders cpuinfo with the host's CPUs of these numbers, in their order. */
export function renderCpuinfo(host: HostCpuinfo, cpus: CpuList): string {
  const pieces = host.map((piece) =>
    typeof piece === 'string' ? renderMachine(piece, cpus.length) : renderEntries(piece, cpus),
  );
  return pieces.join('');
}
