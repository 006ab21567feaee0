// nsproc doctor: can serve work here, and if not, why?

import { resolve } from 'node:path';
import type { FindingStatus } from '../daemon/finding.ts';
import { checkHost, type HostReport } from '../daemon/host-check.ts';
import { ExitStatus } from './exit-status.ts';
import { alignColumns, painter } from './terminal.ts';

const colourOf = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<
  FindingStatus,
  string
>;

function renderReport(report: HostReport): string {
  const paint = painter(process.stdout);
  const rows = report.findings.map(({ name, status, detail }) => [status, name, detail]);
  const lines = alignColumns(rows).map((line, index) => {
    const finding = report.findings[index];
    if (finding === undefined) return line;
    const { status, advice } = finding;
    const coloured = paint(colourOf[status], status) + line.slice(status.length);
    return advice === undefined ? coloured : `${coloured}\n      -> ${advice}`;
  });
  const verdict = report.canServe
    ? `nsproc can serve here (resolver ${report.resolver}).`
    : 'nsproc cannot serve here; see the lines marked fail.';
  return `${lines.join('\n')}\n\n${verdict}\n`;
}

/** Prints the findings; exit status 0 when serve can work, else 1. */
export function runDoctor(options: { mountPoint: string; json?: boolean }): number {
  const report = checkHost(resolve(options.mountPoint));
  process.stdout.write(
    options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report),
  );
  return report.canServe ? ExitStatus.ok : ExitStatus.failed;
}
