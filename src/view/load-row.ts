// What is remembered of one container's load, as a row of numbers, so that it can
// lie in memory that threads share.
//
// While somebody reads the container's averages, its tasks are counted at each tick.
// Of the time when nobody did, beginning with the container's start, only the CPU time
// that it used is known: it had at least so many tasks running, on average.

import type { TaskCounts, TaskSite } from '../cgroup/tasks.ts';
import { advanceLoads, type LoadAverages, loadTickUsec } from './load-average.ts';

/** How long after it was last read a container is still counted. */
export const countedForUsec = 5 * 60e6;

/** The head of the row. Times are CLOCK_MONOTONIC, in microseconds. */
const AVERAGES = 0;
/** The tick that the averages have come to. */
const TICK = 3;
/** When it was last read, and the CPU time used until then. */
const READ = 4;
const USED = 5;
/** What was counted last. */
const RUNNING = 6;
const BLOCKED = 7;
const TOTAL = 8;
/** CPU time by which counting took longer than it may. */
const OWED = 9;
/** The newest task seen so far: its pid namespace, its number there, its start. */
const PIDNS = 10;
const PID = 11;
const PID_START = 12;
const SITE_LENGTH = 13;
const headLength = 14;

/** Cgroup paths are some 200 bytes long; each container nested in another adds as much. */
const mostSiteBytes = 2048;

/** How many numbers a row takes. */
export const loadRowLength = headLength + mostSiteBytes / Float64Array.BYTES_PER_ELEMENT;

/** The task that got its number last, of those that are known. */
export interface NewestTask {
  readonly pidnsInode: number;
  /** Its number in that namespace. */
  readonly pid: number;
  readonly startTicks: number;
}

export interface LoadHistory {
  /** When the first of its tasks started. */
  readonly startedAtUsec: number;
  /** More than so many tasks never ran at once. */
  readonly cpuCount: number;
}

export interface LoadReading {
  readonly nowUsec: number;
  readonly site: TaskSite;
  /** CPU time that the container has used so far. */
  readonly usedUsec: number;
  readonly newest: NewestTask;
  /** Asked for only where the averages do not reach to this moment. */
  readonly history: () => LoadHistory;
}

export interface Load {
  readonly averages: LoadAverages;
  readonly counts: Pick<TaskCounts, 'running' | 'total'>;
  readonly lastPid: number;
  /** Nobody counts its tasks at present. */
  readonly isUncounted: boolean;
}

/** What is to be done about a container, and when it is due again. */
export interface CountOrder {
  readonly dueUsec: number;
  /** Where tasks are to be counted, when that is to be done at once. */
  readonly site?: TaskSite;
}

export interface CountResult {
  readonly nowUsec: number;
  /** `undefined` when they could not be counted: what was counted last goes on. */
  readonly counts: Pick<TaskCounts, 'running' | 'blocked' | 'total'> | undefined;
  /** CPU time that it took. */
  readonly spentUsec: number;
}

function encodeSite({ version, path, freezerPath = '' }: TaskSite): string {
  // No name of a cgroup has a line feed.
  return [version, path, freezerPath].join('\n');
}

function decodeSite(text: string): TaskSite {
  const [version, path = '', freezerPath = ''] = text.split('\n');
  return {
    version: version === '1' ? 1 : 2,
    path,
    freezerPath: freezerPath === '' ? undefined : freezerPath,
  };
}

export class LoadRow {
  readonly #row: Float64Array;
  readonly #siteBytes: Buffer;

  /** All 0 for a container that was never read. */
  constructor(row: Float64Array) {
    this.#row = row;
    const head = headLength * Float64Array.BYTES_PER_ELEMENT;
    this.#siteBytes = Buffer.from(row.buffer, row.byteOffset + head, mostSiteBytes);
  }

  /** Whether it can be counted there. */
  static fits(site: TaskSite): boolean {
    return Buffer.byteLength(encodeSite(site)) <= mostSiteBytes;
  }

  /** Precondition: LoadRow.fits() the site. */
  read(reading: LoadReading): Load {
    const { nowUsec, usedUsec, newest } = reading;
    const isNew = this.#at(SITE_LENGTH) === 0;
    const isUncounted = isNew || nowUsec - this.#at(READ) > countedForUsec;
    if (isNew) this.#begin(reading);
    else if (nowUsec - this.#at(TICK) >= 2 * loadTickUsec) this.#makeUp(reading);
    this.#row[READ] = nowUsec;
    this.#row[USED] = usedUsec;
    this.#see(newest);
    return {
      averages: this.#averages(),
      counts: { running: this.#at(RUNNING), total: this.#at(TOTAL) },
      lastPid: this.#at(PID),
      isUncounted,
    };
  }

  /** For who counts: `undefined` when it was not read for long. `sliceUsec` is CPU time a tick. */
  order(nowUsec: number, sliceUsec: number): CountOrder | undefined {
    const isRead = this.#at(SITE_LENGTH) > 0 && nowUsec - this.#at(READ) <= countedForUsec;
    if (!isRead) return undefined;
    const ticks = this.#ticksUntil(nowUsec);
    if (ticks === 0) return { dueUsec: this.#dueUsec() };
    // What was not needed of one slice is there for the next tick.
    this.#row[OWED] = Math.max(-sliceUsec, this.#at(OWED) - sliceUsec * ticks);
    if (this.#at(OWED) <= 0) return { dueUsec: this.#dueUsec(), site: this.#site() };
    this.#tick(ticks, this.#at(RUNNING) + this.#at(BLOCKED));
    return { dueUsec: this.#dueUsec() };
  }

  /** Takes what order() asked for; when it is due again. */
  record({ nowUsec, counts, spentUsec }: CountResult): number {
    if (counts !== undefined) {
      this.#row[RUNNING] = counts.running;
      this.#row[BLOCKED] = counts.blocked;
      this.#row[TOTAL] = counts.total;
    }
    this.#row[OWED] = this.#at(OWED) + spentUsec;
    this.#tick(this.#ticksUntil(nowUsec), this.#at(RUNNING) + this.#at(BLOCKED));
    return this.#dueUsec();
  }

  #begin(reading: LoadReading): void {
    this.#row[SITE_LENGTH] = this.#siteBytes.write(encodeSite(reading.site));
    const startedAtUsec = Math.min(reading.history().startedAtUsec, reading.nowUsec);
    this.#row[TICK] = startedAtUsec;
    this.#row[READ] = startedAtUsec;
    this.#makeUp(reading);
  }

  /** Ticks at which nobody counted: with the tasks that used the CPU time, on average. */
  #makeUp({ nowUsec, usedUsec, history }: LoadReading): void {
    const ticks = this.#ticksUntil(nowUsec);
    if (ticks === 0) return;
    const meanRunning = (usedUsec - this.#at(USED)) / (nowUsec - this.#at(READ));
    this.#tick(ticks, Math.min(Math.max(0, meanRunning), history().cpuCount));
  }

  #tick(ticks: number, activeTasks: number): void {
    this.#row.set(advanceLoads(this.#averages(), activeTasks, ticks), AVERAGES);
    this.#row[TICK] = this.#at(TICK) + ticks * loadTickUsec;
  }

  #see({ pidnsInode, pid, startTicks }: NewestTask): void {
    const isKnownNewer =
      pidnsInode === this.#at(PIDNS) &&
      (startTicks < this.#at(PID_START) ||
        (startTicks === this.#at(PID_START) && pid < this.#at(PID)));
    if (isKnownNewer) return;
    this.#row[PIDNS] = pidnsInode;
    this.#row[PID] = pid;
    this.#row[PID_START] = startTicks;
  }

  #averages(): LoadAverages {
    return [this.#at(AVERAGES), this.#at(AVERAGES + 1), this.#at(AVERAGES + 2)];
  }

  #ticksUntil(nowUsec: number): number {
    return Math.max(0, Math.floor((nowUsec - this.#at(TICK)) / loadTickUsec));
  }

  #dueUsec(): number {
    return this.#at(TICK) + loadTickUsec;
  }

  #site(): TaskSite {
    return decodeSite(this.#siteBytes.toString('utf8', 0, this.#at(SITE_LENGTH)));
  }

  #at(index: number): number {
    return this.#row[index] ?? 0;
  }
}
