// The text of /proc/meminfo: the host's own lines in the host's order, with the
// container's numbers where it has some. No line is added and none left out.

import type { MemoryView } from '../view/memory.ts';

/** The number of a line; `undefined` where that is the host's. */
type KibOf = (view: MemoryView) => number | undefined;

/** No controller counts this, and the host's number, that of all containers, would be a lie. */
const none: KibOf = () => 0;

/**
 * Lines with the container's number.
 *
 * All others are the host's, also those that later kernels add. They describe
 * the machine, which is the same in every container: CommitLimit and Committed_AS
 * (the kernel bounds and counts both machine-wide), VmallocTotal, VmallocChunk
 * (address space), HardwareCorrupted, Cma*, Unaccepted, Balloon, HugePages_*,
 * Hugepagesize (the machine's pool), DirectMap*.
 */
const kibByLabel: Readonly<Record<string, KibOf>> = {
  MemTotal: (view) => view.totalKib,
  MemFree: (view) => view.freeKib,
  MemAvailable: (view) => view.availableKib,
  Buffers: none,
  Cached: ({ parts }) => parts.cachedKib,
  SwapCached: ({ parts }) => parts.swapCachedKib,
  Active: ({ parts }) => parts.activeKib,
  Inactive: ({ parts }) => parts.inactiveKib,
  'Active(anon)': ({ parts }) => parts.activeAnonKib,
  'Inactive(anon)': ({ parts }) => parts.inactiveAnonKib,
  'Active(file)': ({ parts }) => parts.activeFileKib,
  'Inactive(file)': ({ parts }) => parts.inactiveFileKib,
  Unevictable: ({ parts }) => parts.unevictableKib,
  // Locked pages are nearly all that is unevictable, and are not counted apart.
  Mlocked: ({ parts }) => parts.unevictableKib,
  SwapTotal: ({ swap }) => swap.totalKib,
  SwapFree: ({ swap }) => swap.freeKib,
  Zswap: ({ parts }) => parts.zswapKib,
  Zswapped: ({ parts }) => parts.zswappedKib,
  Dirty: ({ parts }) => parts.dirtyKib,
  Writeback: ({ parts }) => parts.writebackKib,
  AnonPages: ({ parts }) => parts.anonKib,
  Mapped: ({ parts }) => parts.mappedKib,
  Shmem: ({ parts }) => parts.shmemKib,
  // Of all that is reclaimable in the kernel, controllers count slab.
  KReclaimable: ({ parts }) => parts.slabReclaimableKib,
  Slab: ({ parts }) => parts.slabKib,
  SReclaimable: ({ parts }) => parts.slabReclaimableKib,
  SUnreclaim: ({ parts }) => parts.slabUnreclaimableKib,
  KernelStack: ({ parts }) => parts.kernelStackKib,
  ShadowCallStack: none,
  PageTables: ({ parts }) => parts.pageTablesKib,
  SecPageTables: ({ parts }) => parts.secondaryPageTablesKib,
  NFS_Unstable: none,
  Bounce: none,
  WritebackTmp: none,
  VmallocUsed: ({ parts }) => parts.vmallocKib,
  Percpu: ({ parts }) => parts.percpuKib,
  AnonHugePages: ({ parts }) => parts.anonHugeKib,
  ShmemHugePages: ({ parts }) => parts.shmemHugeKib,
  ShmemPmdMapped: none,
  FileHugePages: ({ parts }) => parts.fileHugeKib,
  FilePmdMapped: none,
  // The host's line where huge pages are not charged to the container.
  Hugetlb: ({ parts }) => parts.hugetlbKib,
};

/** The container's number of a line; `undefined` where that is the host's. */
export function containerKib(label: string, view: MemoryView): number | undefined {
  return Object.hasOwn(kibByLabel, label) ? kibByLabel[label]?.(view) : undefined;
}

/** Labels are padded to this column, numbers to this width (show_val_kb() in fs/proc/meminfo.c). */
const labelColumns = 16;
const numberColumns = 8;

const blanks = Array.from({ length: numberColumns + 1 }, (_, count) => ' '.repeat(count));

/** By label with its colon. */
const lineByLabel = new Map(
  Object.entries(kibByLabel).map(([label, kibOf]) => [
    `${label}:`,
    { start: `${label}:`.padEnd(labelColumns), kibOf },
  ]),
);

function renderLine(start: string, kib: number): string {
  const digits = String(kib);
  return `${start}${blanks[numberColumns - digits.length] ?? ''}${digits} kB\n`;
}

/** A line of the host's text: where it begins, and what makes the container's number in it. */
interface TemplateLine {
  readonly at: number;
  /** With its colon. */
  readonly label: string;
  readonly start: string;
  readonly kibOf: KibOf | undefined;
}

/** The lines of a host's text. Their places stay while its length does: the columns are fixed. */
interface Template {
  readonly length: number;
  readonly lines: readonly TemplateLine[];
}

function parseTemplate(hostText: string): Template {
  const lines: TemplateLine[] = [];
  let at = 0;
  for (let end = hostText.indexOf('\n'); end >= 0; end = hostText.indexOf('\n', at)) {
    // A line without a colon finds that of a later line, and so no known label.
    const label = hostText.slice(at, hostText.indexOf(':', at) + 1);
    const known = lineByLabel.get(label);
    lines.push({ at, label, start: known?.start ?? '', kibOf: known?.kibOf });
    at = end + 1;
  }
  // What follows the last newline is no line.
  lines.push({ at, label: '', start: '', kibOf: undefined });
  return { length: hostText.length, lines };
}

/** Whether every label is where the template has it. */
function fits({ length, lines }: Template, hostText: string): boolean {
  if (length !== hostText.length) return false;
  for (const { at, label } of lines) if (!hostText.startsWith(label, at)) return false;
  return true;
}

/** Of the text rendered last; finding 60 lines and labels anew would take longer than all else. */
let lastTemplate: Template = { length: -1, lines: [] };

/** Renders proc_meminfo(5) of a container on a host whose own text is `hostText`. */
export function renderMeminfo(hostText: string, view: MemoryView): string {
  if (!fits(lastTemplate, hostText)) lastTemplate = parseTemplate(hostText);
  const { lines } = lastTemplate;
  let text = '';
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined) continue;
    const kib = line.kibOf?.(view);
    text +=
      kib === undefined
        ? hostText.slice(line.at, lines[index + 1]?.at)
        : renderLine(line.start, kib);
  }
  return text;
}
