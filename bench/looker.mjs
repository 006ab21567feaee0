// Finds the init of containers as a daemon's worker does, and measures that: a process of its own,
// because what it costs may depend on how much memory the process has that looks. Plain JavaScript on
// the compiled sources, so that it is no larger than the daemon.
//
//   node looker.mjs STRATEGY MEMORY-MIB
//
// It prints one JSON value a line: first its memory, then an answer to each line on stdin:
//   learn PID...        finds the init behind each process, to have it in its cache
//   warm-up PID COUNT   the same COUNT times, each time as if for the first time
//   look PID COUNT      what the first lookup takes, and COUNT more
//   reaped              the CPU time of all programs that it started, in nanoseconds
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';

const [strategyName = '', memoryMib = '0'] = process.argv.slice(2);
const dist = new URL('../dist/reader/', import.meta.url);
/** @type {typeof import('../src/reader/choose-strategy.ts')} */
const { chooseStrategy } = await import(new URL('choose-strategy.js', dist).href);
/** @type {typeof import('../src/reader/resolver.ts')} */
const { ReaderResolver } = await import(new URL('resolver.js', dist).href);

const MIB = 1024 * 1024;
const TICK_NS = 10_000_000;
/** proc_pid_stat(5): cutime, the fields counted from the state on. */
const CHILDREN_USER = 13;

/** @param {string} name */
function namedStrategy(name) {
  for (const known of /** @type {const} */ (['ns-get-init-pid', 'ns-get-tgid', 'ucred'])) {
    if (known === name) return chooseStrategy(known);
  }
  throw new Error(`Cannot look: no strategy is called ${name}`);
}

const strategy = namedStrategy(strategyName);
const newResolver = () => new ReaderResolver({ strategy, cacheTtlMsec: 10_000 });
const resolver = newResolver();

/** Touched in every page, and kept. */
const ballastBytes = Math.max(0, Number(memoryMib) * MIB - process.memoryUsage.rss());
const ballast = Buffer.alloc(ballastBytes, 1);

/**
 * @param {InstanceType<typeof ReaderResolver>} finder
 * @param {number} pid
 */
function find(finder, pid) {
  const { kind } = finder.resolve(pid);
  if (kind !== 'container') throw new Error(`Cannot find the init of process ${pid}: ${kind}`);
}

function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/**
 * @param {number} pid
 * @param {number} count
 */
function look(pid, count) {
  const cpuBefore = cpuNs();
  const coldNs = timed(pid);
  const cpuBetween = cpuNs();
  const warmNs = Array.from({ length: count }, () => timed(pid));
  return { coldNs, warmNs, coldCpuNs: cpuBetween - cpuBefore, warmCpuNs: cpuNs() - cpuBetween };
}

/** @param {number} pid */
function timed(pid) {
  const start = process.hrtime.bigint();
  find(resolver, pid);
  return Number(process.hrtime.bigint() - start);
}

/**
 * @param {number} pid
 * @param {number} count
 */
function warmUp(pid, count) {
  for (let round = 0; round < count; round++) {
    const finder = newResolver();
    find(finder, pid);
    finder.close();
  }
}

function reapedNs() {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_USER + 1])) * TICK_NS;
}

/**
 * @param {string} command
 * @param {number[]} numbers
 */
function answer(command, numbers) {
  const [pid = 0, count = 0] = numbers;
  switch (command) {
    case 'learn':
      for (const each of numbers) find(resolver, each);
      return numbers.length;
    case 'warm-up':
      return warmUp(pid, count);
    case 'look':
      return look(pid, count);
    default:
      return reapedNs();
  }
}

/** @param {unknown} value */
function print(value) {
  process.stdout.write(`${JSON.stringify(value ?? null)}\n`);
}

print({ memoryMib: Math.round(process.memoryUsage.rss() / MIB), ballastMib: ballast.length / MIB });
for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', ...words] = line.split(' ');
  print(answer(command, words.map(Number)));
}
