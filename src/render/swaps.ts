// The text of /proc/swaps: one virtual device that is the container's swap.

import type { SwapView } from '../view/swap.ts';

/** Names are padded to this column (swap_show() in mm/swapfile.c). */
const nameColumns = 40;
/** Kernels whose header has two tabs between numbers align those below this with one more. */
const wideNumber = 10_000_000;

/** Renders proc_swaps(5) under the header of the host's own text. */
export function renderSwaps(hostText: string, { totalKib, freeKib }: SwapView): string {
  const header = hostText.slice(0, hostText.indexOf('\n') + 1);
  if (totalKib === 0) return header;
  const isAligned = header.includes('Size\t\tUsed');
  const padded = (kib: number) => (isAligned && kib < wideNumber ? `${kib}\t` : `${kib}`);
  const usedKib = totalKib - freeKib;
  const name = 'none'.padEnd(nameColumns);
  return `${header}${name}virtual\t\t${padded(totalKib)}\t${padded(usedKib)}\t0\n`;
}
