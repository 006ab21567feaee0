// The options of `nsproc serve`. Each can also be given as a variable NSPROC_...

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  cpuPolicies,
  logLevels,
  resolverNames,
  switchPositions,
  transportNames,
} from '../daemon/serve-options.ts';
import { defaultServeSettings as defaults } from './default-settings.ts';

/** A whole number of a range, for an option's value. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) {
      throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** Seconds, also with a fraction, as milliseconds. */
function secondsAsMsec(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 3600) {
    throw new InvalidArgumentError('Expected seconds from 0 to 3600.');
  }
  return Math.round(value * 1000);
}

/** The options that also say what `explain` explains. */
export function viewOptions(): Option[] {
  const { cpus, swap, zswap, loadavg } = defaults;
  return [
    option('--cpus <policy>', "how many CPUs a container sees: its quota's or its cpuset's")
      .choices(cpuPolicies)
      .default(cpus),
    option('--swap <on|off>', 'whether a container sees its swap')
      .choices(switchPositions)
      .default(swap),
    option('--zswap <on|off>', 'whether a container sees its memory in zswap')
      .choices(switchPositions)
      .default(zswap),
    option('--loadavg <on|off>', 'whether a container sees its own load averages')
      .choices(switchPositions)
      .default(loadavg),
  ];
}

/** An option whose variable is named after it: `--mount-point`, `NSPROC_MOUNT_POINT`. */
function option(flags: string, about: string): Option {
  const made = new Option(flags, about);
  return made.env(`NSPROC_${made.name().replaceAll('-', '_').toUpperCase()}`);
}

/** Which daemon a command is about. */
export function mountPointOption(about: string): Option {
  return option('--mount-point <dir>', about).default(defaults.mountPoint);
}

export function serveOptions(): Option[] {
  const { transport, workers, virtualization, resolver, initCacheTtlMsec, logLevel } = defaults;
  return [
    mountPointOption('where to mount; made if missing'),
    option('--transport <name>', 'how requests come from the kernel')
      .choices(transportNames)
      .default(transport),
    option('--workers <n>', 'threads that answer readers')
      .default(workers)
      .argParser(wholeNumber(1, 64)),
    option('--virtualization <on|off>', "off: containers see the host's files until it is set on")
      .choices(switchPositions)
      .default(virtualization),
    ...viewOptions(),
    option('--resolver <strategy>', 'how the init of a pid namespace is found')
      .choices(resolverNames)
      .default(resolver),
    option('--init-cache-ttl <seconds>', 'how long a found init is remembered')
      .default(initCacheTtlMsec, String(initCacheTtlMsec / 1000))
      .argParser(secondsAsMsec),
    option('--log-level <level>', 'what to log').choices(logLevels).default(logLevel),
  ];
}

/** Refuses options that do not go together, as commander does others. */
export function requireCompatible(command: Command): void {
  const { transport, workers } = command.opts();
  const isDefault = command.getOptionValueSource('workers') === 'default';
  if (transport !== 'fuse-native' || isDefault || workers === 1) return;
  command.error(
    `error: --workers ${workers} needs --transport dev-fuse: fuse-native answers on one thread`,
  );
}
