// The soak itself, in a session of its own: a terminal's SIGINT reaches none of its processes, only
// the word of main.ts does.

import { setTimeout as sleep } from 'node:timers/promises';
import { alignColumns, painter } from '../../src/cli/terminal.ts';
import { type CrowdMember, type CrowdReport, joinCrowd, sumOf } from '../chaos/crowd.ts';
import { copyServer } from '../chaos/server-copy.ts';
import { type Session, startSession } from '../chaos/session.ts';
import { mountsBelow } from '../support/mounts.ts';
import { findByCommandLine } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown, type Teardown } from '../support/teardown.ts';
import { type Evidence, objectionsTo } from './judgement.ts';
import { type Options, parseOptions } from './options.ts';
import { startPassers } from './passers.ts';
import { renderPlot, shortText } from './plot.ts';
import { measures, type Sample, takeSample } from './samples.ts';

const longestPeriodMsec = 5000;
const toldFaults = 10;
/** Takes back the precedence that sessions of tests are given. */
const asUsual = ['nice', '-n', '10'];
const paint = painter(process.stderr);
const stop = new AbortController();

type Found = Omit<Evidence, 'leftovers'>;

async function soak(teardown: Teardown, session: Session, options: Options): Promise<Found> {
  const { mountPoint } = session;
  const members: CrowdMember[] = [];
  while (members.length < options.readers && !stop.signal.aborted) {
    members.push(await joinCrowd(teardown, { mountPoint, pauseMsec: options.pauseMsec }));
  }
  say(`${members.length} readers are there`);
  const { samples, passersFaults } = await watch(session, options);
  const servers = session.beginnings() + session.deaths();
  const crowd = sumOf(await Promise.all(members.map(reportOf)));
  const stuckTimes = session.log().split('a worker is stuck').length - 1;
  return { samples, passersFaults, crowd, servers, stuckTimes };
}

/** Lets containers come and go until the time is up, or it is stopped. */
async function watch(session: Session, { minutes, containersPerSecond }: Options) {
  const samples: Sample[] = [];
  const passersFaults: string[] = [];
  const passers = startPassers(session.mountPoint, containersPerSecond);
  const begin = performance.now();
  let last = begin;
  let toldMinutes = 0;
  while (!stop.signal.aborted && last < begin + minutes * 60_000) {
    const periodMsec = Math.min(longestPeriodMsec, minutes * 1000);
    await sleep(periodMsec, undefined, { signal: stop.signal }).catch(() => undefined);
    const now = performance.now();
    const passed = passers.take();
    passersFaults.push(...passed.faults.slice(0, toldFaults - passersFaults.length));
    const faults = samples.at(-1)?.faults ?? 0;
    samples.push(takeSample(session, passed, { faults, msec: now - last }));
    last = now;
    const passedMinutes = Math.floor((now - begin) / 60_000);
    if (passedMinutes > toldMinutes) tellProgress(passedMinutes, samples);
    toldMinutes = passedMinutes;
  }
  await passers.end();
  passersFaults.push(...passers.take().faults.slice(0, toldFaults - passersFaults.length));
  return { samples, passersFaults };
}

/** A reader that ended early is an error like those that it would have reported. */
async function reportOf(member: CrowdMember): Promise<CrowdReport> {
  return member.leave().catch((error: unknown) => {
    return { ...sumOf([]), errors: 1, faults: `${String(error)}\n` };
  });
}

function tellProgress(minutes: number, samples: readonly Sample[]): void {
  const sample = samples.at(-1);
  if (sample === undefined) return;
  const parts = measures
    .filter(({ name }) => !name.startsWith(' '))
    .map(({ name, unit, of }) => `${name} ${shortText(of(sample))} ${unit}`.trim());
  const line = `${minutes} min: ${parts.join(', ')}`;
  say(sample.faults > 0 ? paint('red', line) : line);
}

function say(text: string): void {
  process.stderr.write(`soak: ${text}\n`);
}

function leftoversAt(mountPoint: string): string[] {
  const processes = findByCommandLine(mountPoint).map((pid) => `process ${pid}`);
  return [...processes, ...mountsBelow(mountPoint).map((mount) => `mount ${mount.mountPoint}`)];
}

function render({ samples, crowd, stuckTimes }: Evidence): string {
  const rows = [
    ['texts read by those who stayed', String(crowd.texts)],
    ['their errors, wrong texts', `${crowd.errors}, ${crowd.wrongTexts}`],
    [
      'longest wait, p99 of the slowest reader',
      `${crowd.longestMsec} ms, ${crowd.percentile99Msec} ms`,
    ],
    ['times a thread was stuck', String(stuckTimes)],
  ];
  const plot = samples.length === 0 ? '' : renderPlot(measures, samples);
  return `${plot}\n${alignColumns(rows).join('\n')}\n`;
}

async function main(options: Options): Promise<number> {
  const teardown = makeTeardown();
  let mountPoint = '';
  let found: Found;
  try {
    process.env['NSPROC_RUN_DIRECTORY'] = teardown.makeDir();
    const copy = copyServer(teardown);
    const session = await startSession(teardown, (place) => [...asUsual, ...copy.argv(place)]);
    mountPoint = session.mountPoint;
    found = await soak(teardown, session, options);
  } finally {
    await teardown.run();
  }
  // What is unmounted lazily, or was killed just then, may take a moment.
  await sleep(1000);
  const evidence = { ...found, leftovers: leftoversAt(mountPoint) };
  process.stdout.write(render(evidence));
  const objections = objectionsTo(evidence);
  for (const objection of objections) say(paint('red', objection));
  if (objections.length === 0) say(paint('green', 'nothing grew, nothing was wrong'));
  return objections.length === 0 ? 0 : 1;
}

const options = parseOptions(process.argv.slice(2));
if (options === undefined) throw new Error('main.ts lets no such options pass');
const lacking = missing('root', 'fuse', 'cgroup:memory');
if (lacking !== undefined) throw new Error(`The soak ${lacking}`);
process.once('disconnect', () => stop.abort());
process.exitCode = await main(options);
if (process.connected) process.disconnect();
