// Chooses, once at start, how to ask for a namespace's init: the first that works on
// this kernel, or the one the operator insists on.

import type { InitStrategy, Probe, StrategyName } from './strategies/init-strategy.ts';
import { nsGetInitPidStrategy } from './strategies/ns-get-init-pid.ts';
import { nsGetTgidStrategy } from './strategies/ns-get-tgid.ts';
import { ucredStrategy } from './strategies/ucred.ts';

export type NamedProbe = Probe & { readonly name: StrategyName };

/** Best first. */
const strategies: readonly InitStrategy[] = [
  nsGetInitPidStrategy,
  nsGetTgidStrategy,
  ucredStrategy,
];

/** Tries each of them; for `nsproc doctor`. */
export function probeStrategies(): NamedProbe[] {
  return strategies.map((strategy) => ({ name: strategy.name, ...strategy.probe() }));
}

/** Throws, saying what can be done, when the forced one does not work or none does. */
export function chooseStrategy(forced: 'auto' | StrategyName): InitStrategy {
  const allowed = strategies.filter(({ name }) => forced === 'auto' || forced === name);
  const strategy = allowed.find((each) => each.probe().works);
  if (strategy === undefined) throw new Error(refusal(forced, probeStrategies()));
  return strategy;
}

function refusal(forced: 'auto' | StrategyName, probes: readonly NamedProbe[]): string {
  const reasons = (wanted: readonly NamedProbe[]) =>
    wanted.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  const working = probes.filter(({ works }) => works).map(({ name }) => name);
  if (forced === 'auto') {
    return `Cannot find the init of a pid namespace in any way: ${reasons(probes)}. Run as root, with CAP_SYS_ADMIN and CAP_SYS_PTRACE, and build the native programs (make -C native)`;
  }
  const others =
    working.length === 0 ? 'no other works either' : `use auto or ${working.join(' or ')}`;
  const chosen = probes.filter(({ name }) => name === forced);
  return `Cannot use the resolver ${reasons(chosen)}. Instead, ${others}`;
}
