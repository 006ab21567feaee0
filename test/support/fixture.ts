// A host as a folder: the files of /proc and /sys that a renderer draws on, below
// a root of their own, and a reader. Golden cases are such folders.
//
//   proc/...            the host's files
//   proc/self/mountinfo which cgroup hierarchies it has, and where
//   sys/fs/cgroup/...   their files
//   reader.json         who reads: { "cgroup": [lines of its /proc/PID/cgroup], ... }

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ContainerCgroup } from '../../src/cgroup/container-cgroup.ts';
import { parseLayout } from '../../src/cgroup/layout.ts';
import { parseMembership } from '../../src/cgroup/membership.ts';

/** What reader.json tells, apart from cgroups, depends on the file that is rendered. */
export interface FixtureReader {
  readonly cgroup: readonly string[];
  readonly [fact: string]: unknown;
}

export interface Fixture {
  readonly root: string;
  readonly reader: FixtureReader;
  readonly cgroup: ContainerCgroup;
  /** The text of a file of the host, such as `/proc/meminfo`. */
  readHost(path: string): string;
}

/** Opens the folder for `use`, and closes what that has opened. */
export function withFixture<Result>(root: string, use: (fixture: Fixture) => Result): Result {
  const readHost = (path: string) => readFileSync(join(root, path), 'latin1');
  const reader = parseReader(readHost('reader.json'));
  const layout = parseLayout(readHost('/proc/self/mountinfo'), root);
  const cgroup = new ContainerCgroup(layout, parseMembership(reader.cgroup.join('\n')));
  try {
    return use({ root, reader, cgroup, readHost });
  } finally {
    cgroup.close();
  }
}

function parseReader(text: string): FixtureReader {
  const reader: unknown = JSON.parse(text);
  if (typeof reader === 'object' && reader !== null && 'cgroup' in reader) {
    const { cgroup } = reader;
    if (Array.isArray(cgroup)) return { ...reader, cgroup: cgroup.map(String) };
  }
  throw new SyntaxError('Cannot parse reader.json: expected { "cgroup": [lines] }');
}

/** Makes a folder of such files, for `use` alone. */
export function withTree<Result>(
  files: Readonly<Record<string, string>>,
  use: (root: string) => Result,
): Result {
  const root = mkdtempSync(join(tmpdir(), 'nsproc-test-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, 'latin1');
    }
    return use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
