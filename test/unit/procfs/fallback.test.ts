// Files that are switched off, and readers for whom they are not.

import { expect, test } from 'vitest';
import { type FallbackParts, textFor } from '../../../src/procfs/fallback.ts';
import type { ContainerReader } from '../../../src/reader/reader.ts';

const reader: ContainerReader = {
  kind: 'container',
  initPid: 7,
  initStartTicks: 1,
  pidnsInode: 4_026_532_000,
  outermostPidns: 4_026_532_000,
  cgroupText: '0::/\n',
};

/** `sources.loads` alone says whether the file is on. */
function partsWith(isOn: boolean): FallbackParts {
  const host = { readText: () => "the host's" };
  const clock = { monotonicUsec: () => 0 };
  const container = { openedAtUsec: 0, lastText: () => 'the last', rememberText: () => undefined };
  return {
    sources: { host, clock, loads: isOn ? {} : undefined },
    containers: { of: () => container },
    report: () => undefined,
  } as unknown as FallbackParts;
}

const entry = {
  path: 'proc/loadavg',
  hostPath: '/proc/loadavg',
  containerText: () => "the container's",
  isShown: ({ loads }: { loads: unknown }) => loads !== undefined,
};

test("textFor() gives the host's text of what is switched off, and not the container's last one", () => {
  const request = { reader, callerTid: 9 };
  expect(textFor(entry, request, partsWith(false)).text).toBe("the host's");
  expect(textFor(entry, request, partsWith(true)).text).toBe("the container's");
});
