// What became of the dead mounts at one place of a container, in the words of reports. Pure.

import { replacementOf, type ServedPlace } from './heal-plan.ts';
import type { HealAnswer } from './heal-program.ts';

/**
 * `ready`: would be replaced, were it no dry run. `left-alone`: no reader in the container gets to
 * the dead mount by its path. The last three leave the container with a file that fails.
 */
export type HealResult = 'ready' | 'replaced' | 'left-alone' | 'missing' | 'hung' | 'failed';

export interface HealOutcome {
  readonly result: HealResult;
  readonly reason: string | null;
}

export interface PlaceRow extends HealOutcome {
  readonly target: string;
  /** The topmost mount that was found there. */
  readonly dead: {
    readonly type: string;
    readonly source: string;
    readonly device: string;
    readonly root: string;
    /** How many mounts of LXCFS or nsproc lie there on each other. */
    readonly layers: number;
  };
  /** The live file; `null` when there can be none. */
  readonly replacement: string | null;
}

export const hungOutcome: HealOutcome = { result: 'hung', reason: 'its server does not answer' };
export const togetherOutcome: HealOutcome = {
  result: 'replaced',
  reason: 'together with its directory, or its peer in another namespace',
};

export function occupiedOutcome(inside: string): HealOutcome {
  return { result: 'failed', reason: `would take away another mount: ${inside}` };
}

/** Of a path that has vanished, or leads over a symbolic link. */
const elsewhereCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

function outcomeOfErrno(code: string, step: string): HealOutcome {
  if (step === 'target' && elsewhereCodes.has(code)) {
    return { result: 'left-alone', reason: `the path leads elsewhere (${code})` };
  }
  if (step === 'source' && code === 'ENOENT') {
    return { result: 'missing', reason: 'the live mount has no such file' };
  }
  return { result: 'failed', reason: `${code} (${step})` };
}

/** `undefined` when there is nothing to heal. */
export function outcomeOf(answer: HealAnswer): HealOutcome | undefined {
  switch (answer.word) {
    case 'alive':
      return undefined;
    case 'ready':
    case 'replaced':
      return { result: answer.word, reason: null };
    case 'covered':
      return { result: 'replaced', reason: 'on top of what could not be removed' };
    case 'changed':
      return { result: 'left-alone', reason: 'another mount is there' };
    case 'hung':
      return hungOutcome;
    case 'errno':
      return outcomeOfErrno(answer.code, answer.step);
    default:
      return { result: 'failed', reason: 'no answer in time' };
  }
}

export function rowOf(place: ServedPlace, directory: string, outcome: HealOutcome): PlaceRow {
  const { target, layers } = place;
  const [{ type, source, device, root }] = layers;
  const path = replacementOf(layers[0]);
  return {
    target,
    dead: { type, source, device, root, layers: layers.length },
    replacement: path === undefined ? null : `${directory}/${path}`,
    ...outcome,
  };
}
