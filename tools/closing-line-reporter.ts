// A vitest reporter that ends a run with what machines count, `N passed, N failed, N skipped` alone
// on a line, after every skipped test with its reason. What vitest reports beside tests (a file
// that does not load, a hook that throws, an unhandled rejection) counts as failed, and a run in
// which no test ran at all is a failure.
import type { Reporter, TestModule } from 'vitest/node';

interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
}

export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[] = []): void {
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) countModule(module, tally);
    if (tally.passed + tally.failed === 0) {
      process.stdout.write('\nNo test ran; that is a failure.\n');
      process.exitCode = 1;
    }
    if (tally.failed > 0) process.exitCode = 1;
    const { passed, failed, skipped } = tally;
    if (skipped.length > 0) {
      process.stdout.write(`\nSkipped, and why (${skipped.length}):\n${skipped.join('')}`);
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  }
}

function countModule(module: TestModule, tally: Tally): void {
  tally.failed += module.errors().length;
  for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') tally.passed++;
    else if (result.state === 'failed') tally.failed++;
    else
      tally.skipped.push(`  ${module.relativeModuleId} > ${test.fullName}: ${reasonOf(result)}\n`);
  }
}

function reasonOf(result: { state: string; note?: string | undefined }): string {
  if (result.note !== undefined) return result.note;
  return result.state === 'pending' ? 'did not finish' : 'no reason given';
}
