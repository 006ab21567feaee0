// What `nsproc explain` says about a reader: the very steps of a read, with reasons.

import { type IdentificationRule, ruleReasons } from './identification.ts';
import type { Reader } from './reader.ts';
import type { ReaderResolver } from './resolver.ts';
import type { StrategyName } from './strategies/init-strategy.ts';

export interface ReaderExplanation {
  readonly callerTid: number;
  readonly pidnsInode: number | undefined;
  readonly strategy: StrategyName;
  readonly rule: IdentificationRule;
  /** The rule in a sentence. */
  readonly reason: string;
  /** Why no init was found, if that is so. */
  readonly problem: string | undefined;
  /** With init's pid and the cgroups that count. */
  readonly reader: Reader;
}

export function explainReader(resolver: ReaderResolver, callerTid: number): ReaderExplanation {
  const { reader, rule, pidnsInode, problem } = resolver.identify(callerTid);
  const { name: strategy } = resolver.strategy;
  return { callerTid, pidnsInode, strategy, rule, reason: ruleReasons[rule], problem, reader };
}
