// What a serving thread logs goes to the main thread. Readers can cause as many
// errors as they like, so lines are limited per second and the rest is counted.

import type { InHeader } from '../fuse/protocol/request.ts';
import { monotonicUsec } from '../kernel/clock.ts';
import { postToMain } from '../kernel/threads.ts';
import type { Reader } from '../reader/reader.ts';
import type { ThreadLogLine } from './worker-pool.ts';

const maxLinesPerSec = 5;
const secondUsec = 1e6;

/** What is known of a request. */
type FailedRequest = Partial<Pick<InHeader, 'opcode' | 'nodeId' | 'callerTid'>>;

export class ThreadLog {
  readonly #send: (line: ThreadLogLine) => void;
  #secondBeganUsec = 0;
  #lines = 0;
  #leftOut = 0;

  /** `send` is for the main thread itself. */
  constructor(send: (line: ThreadLogLine) => void = postToMain) {
    this.#send = send;
  }

  /** A request was answered with an unexpected error. */
  failed(error: unknown, request: FailedRequest | undefined): void {
    const { opcode, nodeId, callerTid } = request ?? {};
    this.#post('error', { err: asError(error), opcode, nodeId, callerTid }, 'request failed');
  }

  /** A container's text could not be made. */
  fallback(entry: string, reader: Reader, error: unknown): void {
    const who = reader.kind === 'container' ? { initPid: reader.initPid } : {};
    this.#post('warn', { entry, ...who, err: asError(error) }, 'no container text; fell back');
  }

  /** The kernel refused to tell the init of a namespace; its readers get the host's files. */
  lookupFailed(strategy: string, error: Error): void {
    this.#post('warn', { strategy, err: error }, 'no init found for a pid namespace');
  }

  /** A request had to be answered otherwise, since threads or servers died of it. */
  poison(unique: bigint, deaths: number): void {
    this.#post('error', { unique, deaths }, 'a request that kills: answered from the host');
  }

  /** The pressure files could not be mounted. */
  notMounted(directory: string, error: unknown): void {
    this.#post('warn', { directory, err: asError(error) }, 'no pressure files: could not mount');
  }

  /** The tasks of a container could not be counted. */
  notCounted(cgroup: string, error: unknown): void {
    this.#post('warn', { cgroup, err: asError(error) }, 'could not count tasks for a load average');
  }

  #post(level: ThreadLogLine['level'], fields: ThreadLogLine['fields'], message: string): void {
    const nowUsec = monotonicUsec();
    if (nowUsec - this.#secondBeganUsec >= secondUsec) {
      this.#secondBeganUsec = nowUsec;
      this.#lines = 0;
    }
    this.#lines++;
    if (this.#lines > maxLinesPerSec) {
      this.#leftOut++;
      return;
    }
    const withCount = this.#leftOut === 0 ? fields : { ...fields, linesLeftOut: this.#leftOut };
    this.#leftOut = 0;
    this.#send({ level, fields: withCount, message });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
