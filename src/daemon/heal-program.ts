// Talking to native/heal.c: what it is told, what it answers.

import type { OpenPlace } from '../kernel/mount-namespaces.ts';
import { packagePath } from '../kernel/package.ts';
import { runWithFds } from '../kernel/run-with-fds.ts';
import { errnoName } from '../kernel/system-error.ts';
import { flagBitsOf, type ServedPlace } from './heal-plan.ts';
import { StartError } from './start-error.ts';

const programPath = packagePath('native/build/heal');

/** It waits 2 s for a server, at most once for each layer of each place. */
const limitMsec = 60_000;

export type HealMode = 'probe' | 'check' | 'replace';

export interface HealRecord extends ServedPlace {
  /** Below the live mount point. */
  readonly source: string;
}

const words = [
  'replaced',
  'covered',
  'ready',
  'alive',
  'dead',
  'hung',
  'changed',
  /** Time was up before it answered. */
  'late',
] as const;
type Word = (typeof words)[number];

export type HealAnswer =
  | { readonly word: Word }
  | { readonly word: 'errno'; readonly code: string; readonly step: string };

/** As the comment in native/heal.c has it. */
export function encodeRecord({ target, layers, source }: HealRecord): Buffer {
  const [top] = layers;
  const bottom = layers.at(-1) ?? top;
  const ids = layers.map(({ id, device }) => `${id}=${device}`).join(',');
  const fields = [ids, bottom.parentId, flagBitsOf(top), target, source];
  return Buffer.from(fields.map((field) => `${field}\0`).join(''), 'latin1');
}

/** One line of the program's output; `undefined` when it is none. */
export function parseAnswer(line: string): HealAnswer | undefined {
  const [first, number, step = ''] = line.split(' ');
  if (first === 'errno') return { word: 'errno', code: errnoName(Number(number)), step };
  const word = words.find((known) => known === first);
  return word === undefined ? undefined : { word };
}

/** Steps before the first record, which fail for reasons of this host alone. */
const hostSteps: ReadonlySet<string> = new Set([
  'open_tree',
  'input',
  'arguments',
  'proc',
  'live',
  'unshare',
]);

function startErrorOf({ code, step }: { code: string; step: string }): StartError {
  if (step === 'open_tree' && code === 'ENOSYS') {
    return new StartError(
      'Cannot heal: Linux puts mounts into other mount namespaces from 5.2 on, and this kernel ' +
        'is older. Restart the containers.',
    );
  }
  return new StartError(`Cannot heal: ${code} from ${step} in ${programPath}.`);
}

export interface HealRun {
  readonly mode: HealMode;
  /** Whether a server that does not answer counts as none. */
  readonly isHungDead: boolean;
  readonly place: Pick<OpenPlace, 'namespaceFd' | 'rootFd'>;
  /** The live mount point; any fd for a probe. */
  readonly liveFd: number;
  readonly records: readonly HealRecord[];
}

/**
 * An answer for each record.
 *
 * @throws StartError when the program can't work on this host.
 */
export async function runHealProgram(run: HealRun): Promise<HealAnswer[]> {
  const { mode, isHungDead, place, liveFd, records } = run;
  const program = {
    path: programPath,
    args: isHungDead ? [mode, 'hung'] : [mode],
    fds: [place.namespaceFd, place.rootFd, liveFd],
    input: Buffer.concat(records.map(encodeRecord)),
    limitMsec,
  };
  const { output, isLate } = await runWithFds(program).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot run ${programPath}: ${reason}. It is built with nsproc where there is a C compiler.`,
    );
  });
  const answers = output.split('\n').flatMap((line) => parseAnswer(line) ?? []);
  const [first] = answers;
  if (first?.word === 'errno' && hostSteps.has(first.step)) throw startErrorOf(first);
  if (first?.word === 'errno' && first.step === 'setns') return records.map(() => first);
  if (!isLate && answers.length < records.length) {
    throw new StartError(`Cannot heal: ${programPath} was ended.`);
  }
  return records.map((_record, index) => answers[index] ?? { word: 'late' });
}
