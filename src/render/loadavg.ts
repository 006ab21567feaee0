// The text of /proc/loadavg (fs/proc/loadavg.c).

import { type LoadAverages, loadUnit } from '../view/load-average.ts';

export interface Loadavg {
  readonly averages: LoadAverages;
  readonly running: number;
  readonly total: number;
  /** The number given to a task last, as the reader's pid namespace numbers them. */
  readonly lastPid: number;
}

/** FIXED_1/200, half of the last digit shown. */
const halfOfHundredth = Math.floor(loadUnit / 200);

function fixedText(average: number): string {
  const shown = average + halfOfHundredth;
  const whole = Math.floor(shown / loadUnit);
  const hundredths = Math.floor(((shown % loadUnit) * 100) / loadUnit);
  return `${whole}.${String(hundredths).padStart(2, '0')}`;
}

export function renderLoadavg({ averages, running, total, lastPid }: Loadavg): string {
  return `${averages.map(fixedText).join(' ')} ${running}/${total} ${lastPid}\n`;
}
