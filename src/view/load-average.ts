// Load averages with the kernel's own arithmetic: fixed point, and its rounding
// (include/linux/sched/loadavg.h, kernel/sched/loadavg.c).

/** FSHIFT: bits behind the point. */
const fractionBits = 11;
/** FIXED_1: the number one. */
export const loadUnit = 1 << fractionBits;

/** EXP_1, EXP_5, EXP_15: what is left of an average after one tick, e^(-5 s / 1, 5, 15 min). */
const keptPerTick = [1884, 2014, 2037] as const;

/**
 * LOAD_FREQ, 5 * HZ + 1 jiffies, where HZ is 1000. The odd jiffy keeps the ticks
 * from falling into step with what containers do every few seconds.
 */
export const loadTickUsec = 5_001_000;

/** Averages over 1, 5 and 15 minutes, in units of 1/2048 (loadUnit). */
export type LoadAverages = readonly [number, number, number];

export const noLoad: LoadAverages = [0, 0, 0];

/** fixed_power_int(): `factor` to the power of `exponent`, by squaring, rounded at each step. */
function fixedPower(factor: number, exponent: number): number {
  const rounded = (product: number) => Math.floor((product + loadUnit / 2) / loadUnit);
  let result = loadUnit;
  let square = factor;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = rounded(result * square);
    square = rounded(square * square);
  }
  return result;
}

/** calc_load(): rounds up while the average rises, so that it reaches what it rises to. */
function moved(average: number, kept: number, active: number): number {
  const sum = average * kept + active * (loadUnit - kept);
  return Math.floor((active >= average ? sum + loadUnit - 1 : sum) / loadUnit);
}

/**
 * The averages after `ticks` more ticks, at each of which `activeTasks` tasks ran or
 * could run or were blocked (calc_load_n()). Tasks may be a fraction, as a mean is.
 */
export function advanceLoads(
  averages: LoadAverages,
  activeTasks: number,
  ticks: number,
): LoadAverages {
  if (ticks <= 0) return averages;
  const active = Math.round(activeTasks * loadUnit);
  const after = (index: 0 | 1 | 2) =>
    moved(averages[index], fixedPower(keptPerTick[index], ticks), active);
  return [after(0), after(1), after(2)];
}
