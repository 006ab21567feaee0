// Checks who imports whom in src/ against .dependency-cruiser.cjs, and that the check saw every
// source file: with a compiler it cannot drive, dependency-cruiser looks at nothing and is content.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
  cycle?: { name: string }[];
}

interface CruiseResult {
  modules: { source: string }[];
  summary: {
    violations: Violation[];
    totalCruised: number;
    totalDependenciesCruised?: number;
    ruleSetUsed: { forbidden: { name: string; comment?: string }[] };
  };
}

const { modules, summary } = cruise();
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => `src/${path}`);
const cruised = new Set(modules.map((module) => module.source));
const unseen = files.filter((path) => !cruised.has(path));

for (const violation of summary.violations) print(describe(violation));
for (const path of unseen) print(`${path}\n    was not looked at by dependency-cruiser\n`);
print(
  `boundaries: ${files.length - unseen.length} of ${files.length} source files, ` +
    `${summary.totalCruised} modules, ${summary.totalDependenciesCruised ?? 0} imports, ` +
    `${summary.ruleSetUsed.forbidden.length} rules: ${summary.violations.length} violations`,
);
const isComplete = unseen.length === 0 && summary.totalCruised >= files.length && files.length > 0;
process.exitCode = isComplete && summary.violations.length === 0 ? 0 : 1;

function cruise(): CruiseResult {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
  const cli = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
  const result = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  // The status is the number of violations, so only what it printed tells whether it worked.
  if (!result.stdout.startsWith('{')) {
    throw new Error(`dependency-cruiser failed: ${result.stderr || result.stdout}`);
  }
  return JSON.parse(result.stdout);
}

function describe({ from, to, rule, cycle }: Violation): string {
  const path = cycle === undefined ? to : cycle.map((step) => step.name).join(' -> ');
  const comment = summary.ruleSetUsed.forbidden.find(({ name }) => name === rule.name)?.comment;
  const arrow = from === to ? from : `${from} -> ${path}`;
  return `${arrow}\n    ${rule.name}: ${comment ?? 'no reason given'}\n`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
