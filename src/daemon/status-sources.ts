// The parts of the status that every daemon has.

import { openFdCount, openFilesLimit } from '../kernel/machine.ts';
import { nsprocVersion } from '../kernel/package.ts';
import { mostTriggers } from '../vfs/trigger-table.ts';
import { counter, gauge } from './metrics.ts';
import type { StatusSource } from './status.ts';
import { type Switches, switchNames } from './switches.ts';
import { type WorkerFacts, workerSource } from './worker-status.ts';

export interface ServerFacts {
  readonly mountPoint: string;
  readonly resolver: string;
}

export interface CommonFacts extends ServerFacts, WorkerFacts {
  readonly switches: Switches;
  openFiles(): OpenFilesUsage;
  /** `undefined` where the kernel keeps no pressure information. */
  pressure(): PressureUsage | undefined;
}

export function commonSources(facts: CommonFacts): StatusSource[] {
  return [
    serverSource(facts),
    switchSource(facts.switches),
    workerSource(facts),
    processSource(),
    openFilesSource(facts.openFiles),
    pressureSource(facts.pressure),
  ];
}

function serverSource({ mountPoint, resolver }: ServerFacts): StatusSource {
  const startedMsec = Date.now();
  const begun = performance.now();
  const version = nsprocVersion();
  return {
    part: 'server',
    status: () => ({
      version,
      mountPoint,
      pid: process.pid,
      startedAt: new Date(startedMsec).toISOString(),
      uptimeSec: Math.floor((performance.now() - begun) / 1000),
      resolver,
      node: process.version,
    }),
    metrics: () => [
      {
        name: 'nsproc_build_info',
        type: 'gauge',
        help: 'Always 1; the version and how inits are found are labels.',
        samples: [{ value: 1, labels: { version, resolver, node: process.version } }],
      },
      gauge(
        'nsproc_start_time_seconds',
        'When the server started, since 1970.',
        startedMsec / 1000,
      ),
    ],
  };
}

function switchSource(switches: Switches): StatusSource {
  return {
    part: 'switches',
    status: () => switches.states(),
    metrics: () => [
      {
        name: 'nsproc_switch_on',
        type: 'gauge',
        help: 'Whether a switch is on.',
        samples: switchNames.flatMap((name) =>
          name === 'cpus' ? [] : { value: Number(switches.isOn(name)), labels: { switch: name } },
        ),
      },
      {
        name: 'nsproc_cpu_policy_info',
        type: 'gauge',
        help: 'Always 1; what decides how many CPUs a container sees is a label.',
        samples: [{ value: 1, labels: { policy: switches.get('cpus') } }],
      },
    ],
  };
}

function processSource(): StatusSource {
  return {
    part: 'process',
    status: () => {
      const { user, system } = process.cpuUsage();
      return {
        residentBytes: process.memoryUsage.rss(),
        cpuUsec: user + system,
        openFds: openFdCount(),
        openFdsLimit: openFilesLimit(),
      };
    },
    metrics: () => {
      const { user, system } = process.cpuUsage();
      const residentBytes = process.memoryUsage.rss();
      return [
        gauge('nsproc_resident_memory_bytes', 'Memory that the server occupies.', residentBytes),
        counter('nsproc_cpu_seconds_total', 'CPU time of the server.', (user + system) / 1e6),
        gauge('nsproc_open_fds', 'File descriptors in use.', openFdCount()),
        gauge('nsproc_max_fds', 'File descriptors at most.', openFilesLimit()),
      ];
    },
  };
}

export interface OpenFilesUsage {
  readonly entries: number;
  readonly pages: number;
}

function openFilesSource(usage: () => OpenFilesUsage): StatusSource {
  return {
    part: 'openFiles',
    status: () => ({ ...usage() }),
    metrics: () => {
      const { entries, pages } = usage();
      return [
        gauge('nsproc_open_files', 'Open files of which something is remembered.', entries),
        gauge('nsproc_open_file_pages', 'Pages of 4 KiB with texts not read to their end.', pages),
      ];
    },
  };
}

export interface PressureUsage {
  readonly isMounted: boolean;
  readonly triggers: number;
}

/** Nothing of it where the kernel keeps no pressure information. */
function pressureSource(usage: () => PressureUsage | undefined): StatusSource {
  return {
    part: 'pressure',
    status: () => ({ isMounted: false, triggers: 0, ...usage(), mostTriggers }),
    metrics: () => {
      const { isMounted = false, triggers = 0 } = usage() ?? {};
      return [
        gauge('nsproc_pressure_mounted', 'Whether /proc/pressure is served.', Number(isMounted)),
        gauge('nsproc_pressure_triggers', 'Triggers that containers have set.', triggers),
        gauge('nsproc_pressure_triggers_limit', 'Triggers at most.', mostTriggers),
      ];
    },
  };
}
