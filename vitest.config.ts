// The projects: `unit` (pure, parallel), and `e2e` (real mounts, namespaces and cgroups, which are
// machine-wide, so one file at a time and never beside another project), of which a part is run a
// second time on the other transport.
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './tools/closing-line-reporter.ts';

/** How many times slower the machine is than one that needs no more than a minute for a test. */
const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);

/** What a transport decides: how requests come, who asks, and what the mount is like. */
const onEveryTransport = [
  ...['containers', 'docker', 'host-readers', 'meminfo', 'more-files', 'namespaces', 'parallel'],
  ...['partial-reads', 'readers-that-end', 'runc', 'serve', 'sysfs', 'sysfs-host'],
];

const e2e = {
  globalSetup: ['test/support/run-root.ts'],
  fileParallelism: false,
  testTimeout: 60_000 * slowness,
  hookTimeout: 60_000 * slowness,
  // Real processes on a machine that others use too: what fails once in CI is tried again, and
  // reported as flaky.
  retry: process.env['CI'] === undefined ? 0 : 1,
};

export default defineConfig({
  test: {
    pool: 'forks',
    reporters: ['default', new ClosingLineReporter()],
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{unit,golden,property,wire,model}/**/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...e2e,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...e2e,
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          ...e2e,
          name: 'e2e-fuse-native',
          include: onEveryTransport.map((name) => `test/e2e/${name}.e2e.test.ts`),
          env: { NSPROC_TRANSPORT: 'fuse-native' },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
