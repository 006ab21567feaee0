// nsproc heal: what was put in the place of dead mounts, or would be.

import { resolve } from 'node:path';
import { type HealedMount, heal } from '../daemon/heal.ts';
import type { HealResult } from '../daemon/heal-outcome.ts';
import { ExitStatus } from './exit-status.ts';
import { alignColumns, type Colour, painter } from './terminal.ts';

export interface HealCommandOptions {
  readonly mountPoint: string;
  readonly dryRun?: boolean;
  readonly hung?: boolean;
  readonly pid?: number;
  readonly json?: boolean;
}

const wordOf: Readonly<Record<HealResult, string>> = {
  ready: 'would replace',
  replaced: 'replaced',
  'left-alone': 'left alone',
  missing: 'not healed',
  hung: 'not healed',
  failed: 'not healed',
};

/** Results after which the container has no file that fails. */
const goodResults: ReadonlySet<HealResult> = new Set(['ready', 'replaced', 'left-alone']);

function colourOf(result: HealResult): Colour {
  if (result === 'left-alone') return 'yellow';
  return goodResults.has(result) ? 'green' : 'red';
}

/** Names and paths are a container's, and may be sequences that turn a terminal's lines around. */
export function renderForeign(text: string): string {
  return text.replace(
    /[^ -~]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function cellsOf(mount: HealedMount): string[] {
  const { pid, command, namespace, target, dead, replacement, result, reason } = mount;
  const layers = dead.layers > 1 ? ` (${dead.layers} layers)` : '';
  return [
    wordOf[result],
    String(pid),
    renderForeign(command),
    String(namespace),
    renderForeign(target),
    `${dead.type} ${dead.device} ${renderForeign(dead.root)}${layers}`,
    renderForeign(replacement ?? '-'),
    reason ?? '',
  ];
}

const heads = ['', 'pid', 'command', 'namespace', 'target', 'dead mount', 'replacement', ''];

/** Of all the mounts together. */
function summaryOf(mounts: readonly HealedMount[], isDryRun: boolean): string {
  const count = (result: HealResult) => mounts.filter((mount) => mount.result === result).length;
  const bad = mounts.filter(({ result }) => !goodResults.has(result)).length;
  if (mounts.length === 0) return 'No container has dead mounts: nothing to heal.';
  const healed = isDryRun ? `${count('ready')} to replace` : `${count('replaced')} replaced`;
  return `${healed}, ${count('left-alone')} left alone, ${bad} not healed.`;
}

export function renderHealed(mounts: readonly HealedMount[], isDryRun: boolean): string {
  const summary = `${summaryOf(mounts, isDryRun)}\n`;
  if (mounts.length === 0) return summary;
  const paint = painter(process.stdout);
  const [head = '', ...lines] = alignColumns([heads, ...mounts.map(cellsOf)]);
  const coloured = lines.map((line, index) => {
    const result = mounts[index]?.result ?? 'failed';
    const word = wordOf[result];
    return paint(colourOf(result), word) + line.slice(word.length);
  });
  return `${paint('bold', head)}\n${coloured.join('\n')}\n\n${summary}`;
}

/** Prints what was done; exit status 1 when a container keeps a file that fails. */
export async function runHeal(options: HealCommandOptions): Promise<number> {
  const isDryRun = options.dryRun ?? false;
  const mountPoint = resolve(options.mountPoint);
  const mounts = await heal({
    mountPoint,
    isDryRun,
    isHungDead: options.hung ?? false,
    pid: options.pid,
  });
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ mountPoint, dryRun: isDryRun, mounts }, null, 2)}\n`
      : renderHealed(mounts, isDryRun),
  );
  const isGood = mounts.every(({ result }) => goodResults.has(result));
  return isGood ? ExitStatus.ok : ExitStatus.failed;
}
