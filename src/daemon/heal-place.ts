// Healing one container: what is served there is looked at, and replaced where its server is gone.

import { type MountPlace, type OpenPlace, readMountsOf } from '../kernel/mount-namespaces.ts';
import { type MountLine, mountSeenAt } from '../kernel/mountinfo.ts';
import {
  type HealOutcome,
  hungOutcome,
  occupiedOutcome,
  outcomeOf,
  type PlaceRow,
  rowOf,
  togetherOutcome,
} from './heal-outcome.ts';
import { foreignMountIn, replacementOf, type ServedPlace, servedPlacesOf } from './heal-plan.ts';
import { type HealAnswer, type HealMode, runHealProgram } from './heal-program.ts';

export interface LiveMount {
  readonly directory: string;
  /** Of all file systems that the live nsproc has mounted. */
  readonly devices: ReadonlySet<string>;
  readonly fd: number;
}

/** A place, and the mounts that were found there. */
export interface FoundPlace {
  readonly place: MountPlace;
  readonly mounts: readonly MountLine[];
}

export interface PlaceHealing {
  readonly live: LiveMount;
  /** By `MAJOR:MINOR`. Filled as servers are asked, so that each slow one is asked once. */
  readonly servers: Map<string, 'alive' | 'hung'>;
  readonly isDryRun: boolean;
  readonly isHungDead: boolean;
}

type Outcomes = readonly (readonly [ServedPlace, HealOutcome | undefined])[];

/** One row for each place whose topmost mount has no server that answers. */
export async function healPlace(
  { place, mounts }: FoundPlace,
  open: OpenPlace,
  healing: PlaceHealing,
): Promise<PlaceRow[]> {
  const { servers, isHungDead, live } = healing;
  const stateOf = ({ layers }: ServedPlace) => servers.get(layers[0].device);
  const isHung = (one: ServedPlace) => stateOf(one) === 'hung' && !isHungDead;
  const isOccupied = (one: ServedPlace) => foreignMountIn(mounts, one) !== undefined;
  const served = servedPlacesOf(mounts).filter((one) => stateOf(one) !== 'alive');
  const asked = served.filter((one) => !isHung(one));
  const free = asked.filter((one) => !isOccupied(one));
  const outcomes = new Map([
    ...served.filter(isHung).map((one) => [one, hungOutcome] as const),
    ...(await occupiedOutcomes(asked.filter(isOccupied), mounts, open, healing)),
    ...(await freeOutcomes(free, place, open, healing)),
  ]);
  return served.flatMap((one) => {
    const outcome = outcomes.get(one);
    return outcome === undefined ? [] : [rowOf(one, live.directory, outcome)];
  });
}

/** Directories that have something else mounted in them are left as they are. */
async function occupiedOutcomes(
  occupied: readonly ServedPlace[],
  mounts: readonly MountLine[],
  open: OpenPlace,
  healing: PlaceHealing,
): Promise<Outcomes> {
  const answers = await answersFor('check', occupied, open, healing);
  return answers.map(([one, answer]) => {
    const inside = foreignMountIn(mounts, one)?.mountPoint ?? '';
    return [one, answer.word === 'ready' ? occupiedOutcome(inside) : outcomeOf(answer)];
  });
}

async function freeOutcomes(
  free: readonly ServedPlace[],
  place: MountPlace,
  open: OpenPlace,
  healing: PlaceHealing,
): Promise<Outcomes> {
  const mode = healing.isDryRun ? 'check' : 'replace';
  const answers = await answersFor(mode, free, open, healing);
  return answers.map(([one, answer]) => {
    const outcome = outcomeOf(answer);
    const isTogether = outcome?.result === 'left-alone' && isSeenLive(one, place, healing.live);
    return [one, isTogether ? togetherOutcome : outcome];
  });
}

async function answersFor(
  mode: HealMode,
  asked: readonly ServedPlace[],
  open: OpenPlace,
  { live, servers, isHungDead }: PlaceHealing,
): Promise<(readonly [ServedPlace, HealAnswer])[]> {
  if (asked.length === 0) return [];
  const answers = await runHealProgram({
    mode,
    isHungDead,
    place: open,
    liveFd: live.fd,
    // Of a file that is nowhere else only the server is asked for.
    records: asked.map((one) => ({ ...one, source: replacementOf(one.layers[0]) ?? '' })),
  });
  return asked.map((one, index) => {
    const answer = answers[index] ?? { word: 'late' };
    const { word } = answer;
    if (word === 'alive' || word === 'hung') servers.set(one.layers[0].device, word);
    return [one, answer];
  });
}

/**
 * A place may have been healed since its mounts were read: with the directory that it is in, or with
 * a mount that it shares (mount_namespaces(7)) with a namespace that came before.
 */
function isSeenLive({ target }: ServedPlace, place: MountPlace, live: LiveMount): boolean {
  const seen = mountSeenAt(readMountsOf(place), target);
  return seen !== undefined && live.devices.has(seen.device);
}
