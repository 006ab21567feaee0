// The text that makes a trigger of a pressure file, as the kernel reads it
// (psi_trigger_create()).

export interface Trigger {
  /** Some tasks stalled, or all of them. */
  readonly kind: 'some' | 'full';
  readonly thresholdUsec: number;
  readonly windowUsec: number;
}

/** psi_write() looks at so many bytes and makes the last of them a NUL. */
const lookedAtBytes = 32;

/** sscanf()'s %u keeps the low 32 bits of a number that is too large. */
function unsigned(digits: string): number {
  return Number(BigInt.asUintN(32, BigInt(digits)));
}

/**
 * Parses `some|full THRESHOLD WINDOW`; `undefined` when it is no trigger. What the numbers may be
 * the kernel decides. White space is isspace()'s, and what follows is not looked at.
 *
 * Differs: psi_write() makes a NUL of the last byte of every text, so that it loses the last digit of
 * one that ends there. Here it is kept, as in the pressure files of cgroups.
 */
export function parseTrigger(bytes: Buffer): Trigger | undefined {
  const [text = ''] = bytes.toString('latin1', 0, lookedAtBytes - 1).split('\0');
  const space = '[\\t\\n\\v\\f\\r \\xa0]';
  const match = new RegExp(`^(some|full)${space}*(\\d+)${space}+(\\d+)`).exec(text);
  if (match === null) return undefined;
  const [, kind, threshold = '', window = ''] = match;
  return {
    kind: kind === 'some' ? 'some' : 'full',
    thresholdUsec: unsigned(threshold),
    windowUsec: unsigned(window),
  };
}

/** The text of a trigger, which the kernel reads in one way only. */
export function renderTrigger({ kind, thresholdUsec, windowUsec }: Trigger): string {
  return `${kind} ${thresholdUsec} ${windowUsec}\n`;
}
