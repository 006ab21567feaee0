// The mode `lookup`: first reads through each system, and finding a container's init alone, beside few
// and many pid namespaces that are alive.
import { startNamespaces } from './live-namespaces.ts';
import { type LookupCost, measureLookup, warmUpSystems } from './measure-lookup.ts';
import { measureResolvers, type ResolverCost } from './measure-resolver.ts';
import type { Options } from './options.ts';
import { startReader } from './reader.ts';
import type { Scope } from './scope.ts';
import { RESOLVERS, type System, startNsproc } from './systems.ts';

export interface FirstReads {
  readonly lookup: readonly LookupCost[];
  readonly resolvers: readonly ResolverCost[];
}

export interface FirstReadsPlan {
  readonly scope: Scope;
  readonly folder: string;
  readonly readerProgram: string;
  readonly systems: readonly System[];
  readonly options: Options;
}

export async function measureFirstReads(plan: FirstReadsPlan): Promise<FirstReads> {
  const { scope, folder, options } = plan;
  const isOurs = options.systems.includes('nsproc');
  const systems = [...(isOurs ? await startResolvers(plan) : []), ...plan.systems];
  const clock = startReader(scope, [plan.readerProgram]);
  const { containers, lookups } = options;
  const reads = { ...plan, systems, clock, containers };
  await warmUpSystems({ ...reads, others: 0 });
  const lookup: LookupCost[] = [];
  const resolvers: ResolverCost[] = [];
  for (const namespaces of options.namespaces) {
    // The one in which a reader is belongs to them.
    const live = await startNamespaces(scope, folder, namespaces - 1);
    lookup.push(...(await measureLookup({ ...reads, others: namespaces - 1 })));
    if (isOurs) resolvers.push(...(await measureResolvers({ scope, live, lookups })));
    await live.stop();
  }
  return { lookup, resolvers };
}

/** A daemon for each way of finding a container's init that this kernel has. */
async function startResolvers({ scope, folder }: FirstReadsPlan): Promise<readonly System[]> {
  const started: System[] = [];
  for (const resolver of RESOLVERS) {
    try {
      started.push(await startNsproc(scope, folder, resolver));
    } catch {
      process.stderr.write(`bench: no resolver ${resolver} on this kernel\n`);
    }
  }
  return started;
}
