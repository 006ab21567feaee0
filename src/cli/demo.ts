// nsproc demo: host and container side by side.

import { demoLimits, type FileTexts, runDemoContainer } from '../daemon/demo.ts';
import { createLog } from '../daemon/log.ts';
import { defaultServeSettings } from './default-settings.ts';
import { ExitStatus } from './exit-status.ts';
import { alignColumns, painter } from './terminal.ts';

/** Lines of meminfo that people look at first. */
const shownMemory = /^(MemTotal|MemFree|MemAvailable|Cached|AnonPages|SwapTotal|SwapFree):/;
const shownStat = /^(cpu\d*|btime|procs_running) /;

function linesOf(text: string, shown: RegExp): Map<string, string> {
  const lines = text.split('\n').filter((line) => shown.test(line));
  return new Map(
    lines.map((line) => {
      const [label = '', ...values] = line.split(/[ :]+/);
      return [label, values.join(' ')];
    }),
  );
}

function compared(title: string, host: string, container: string, shown: RegExp): string[][] {
  const hostLines = linesOf(host, shown);
  const containerLines = linesOf(container, shown);
  const labels = new Set([...containerLines.keys(), ...hostLines.keys()]);
  const rows = [...labels].map((label) => [
    `  ${label}`,
    hostLines.get(label) ?? '-',
    containerLines.get(label) ?? '-',
  ]);
  return [[title, '', ''], ...rows];
}

function renderTable(host: FileTexts, container: FileTexts): string {
  const paint = painter(process.stdout);
  const mib = demoLimits.memoryBytes / 1024 / 1024;
  const cpus = demoLimits.quotaUsec / demoLimits.periodUsec;
  const rows = [
    ['', 'host', `container (${mib} MiB, ${cpus} CPU)`],
    ['/proc/uptime', host.uptime.trim(), container.uptime.trim()],
    ...compared('/proc/meminfo', host.meminfo, container.meminfo, shownMemory),
    ...compared('/proc/stat', host.stat, container.stat, shownStat),
  ];
  const [head = '', ...lines] = alignColumns(rows);
  return `${paint('bold', head)}\n${lines.join('\n')}\n`;
}

/** Runs the demo and prints it; throws StartError when this host can't serve. */
export async function runDemo(): Promise<number> {
  process.stderr.write('starting a daemon and a container...\n');
  const log = createLog('warn', process.stderr.isTTY);
  // It takes some seconds, and leaves nothing behind only if it gets to its end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const { host, container, problems } = await runDemoContainer(defaultServeSettings, log);
  process.stdout.write(renderTable(host, container));
  for (const problem of problems) process.stderr.write(`limit not set: ${problem}\n`);
  return ExitStatus.ok;
}
