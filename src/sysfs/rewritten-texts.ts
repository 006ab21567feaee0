// Files that name CPUs or nodes, with the names that a container has for them, so that
// they agree with its /proc/stat and /proc/cpuinfo. All other files are the host's.

import { parseList, parseMask } from '../host/system-devices.ts';
import { renderCpuList, renderCpuMask } from '../render/cpu-sets.ts';
import type { Place } from './place.ts';
import type { ShownMachine } from './shown-machine.ts';

/** A text that has not the expected form is `undefined`: it stays the host's. */
type Rewrite = (hostText: string, shown: ShownMachine) => string | undefined;

const allCpus: Rewrite = (_hostText, { cpus }) => renderCpuList([...cpus.keys()]);

const cpuList: Rewrite = (hostText, shown) => {
  const cpus = parseList(hostText);
  return cpus && renderCpuList(shown.ownCpus(cpus));
};

const cpuMask: Rewrite = (hostText, shown) => {
  const cpus = parseMask(hostText);
  return cpus && renderCpuMask(shown.ownCpus(cpus), shown.cpus.length);
};

/** cpufreq_show_cpus() in drivers/cpufreq/cpufreq.c */
const cpuWords: Rewrite = (hostText, shown) => {
  const words = hostText.trim().split(' ');
  return `${shown.ownCpus(words.map(Number)).join(' ')}\n`;
};

const nodeList: Rewrite = (hostText, { nodes }) => {
  const listed = parseList(hostText);
  return listed && renderCpuList(listed.filter((node) => nodes.includes(node)));
};

/** `10 21`: from this node to each, ascending. */
const distances: Rewrite = (hostText, { hostNodes, nodes }) => {
  const words = hostText.trim().split(' ');
  if (words.length !== hostNodes.length) return undefined;
  const shown = words.filter((_word, index) => nodes.includes(hostNodes[index] ?? -1));
  return `${shown.join(' ')}\n`;
};

/** -1 where the host has no packages. */
const packageId: Rewrite = (hostText, shown) => {
  const number = hostText.startsWith('-') ? undefined : shown.packageNumber(hostText);
  return number === undefined ? undefined : `${number}\n`;
};

/** By the place's names, with `#` for the number of the CPU or node. */
const rules: readonly (readonly [RegExp, Rewrite])[] = [
  [/^cpu\/(online|possible|present|enabled)$/, allCpus],
  [/^cpu\/(offline|isolated|nohz_full|aarch32_el0)$/, cpuList],
  [/^cpu#\/topology\/\w+_list$/, cpuList],
  [/^cpu#\/topology\/\w+_(siblings|cpus)$/, cpuMask],
  [/^cpu#\/topology\/physical_package_id$/, packageId],
  [/^cpu#\/cache\/index\d+\/shared_cpu_list$/, cpuList],
  [/^cpu#\/cache\/index\d+\/shared_cpu_map$/, cpuMask],
  [/^cpu#\/cpufreq\/(affected|related|freqdomain)_cpus$/, cpuWords],
  [/^node\/(online|possible|has_\w+)$/, nodeList],
  [/^node#\/cpulist$/, cpuList],
  [/^node#\/cpumap$/, cpuMask],
  [/^node#\/distance$/, distances],
];

/** The place by its tree and rest, as the rules name it. */
export function ruleName({ tree, index, rest }: Place): string {
  return `${tree}${index === undefined ? '' : '#'}/${rest}`;
}

/** `undefined` when the host's text is the container's as well. */
export function rewriteOf(place: Place): Rewrite | undefined {
  const name = ruleName(place);
  return rules.find(([pattern]) => pattern.test(name))?.[1];
}
