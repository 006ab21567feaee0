// Files that are switched off, and readers for whom they are not; what a container is told whose own
// text cannot be made any more.

import { expect, test } from 'vitest';
import { parseLayout } from '../../../src/cgroup/layout.ts';
import { Containers } from '../../../src/procfs/containers.ts';
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

test("textFor() repeats the last text for ten seconds, then gives the host's", () => {
  let nowSec = 1000;
  let canBeMade = true;
  const clock = { monotonicUsec: () => nowSec * 1e6 };
  const host = { readText: () => "the host's" };
  const parts = {
    sources: { host, clock },
    containers: new Containers(parseLayout('', ''), clock),
    report: () => undefined,
    isShortage: () => false,
  } as unknown as FallbackParts;
  const containerText = () => {
    if (!canBeMade) throw new Error('no cgroup');
    return `made at ${nowSec}`;
  };
  const textAt = (sec: number) => {
    nowSec = sec;
    return textFor(
      { ...entry, containerText, isShown: () => true },
      { reader, callerTid: 9 },
      parts,
    ).text;
  };
  expect([textAt(1000), textAt(1004)]).toEqual(['made at 1000', 'made at 1004']);
  canBeMade = false;
  // Its cgroups are opened anew in between, more than once.
  for (const sec of [1005, 1006, 1012, 1013]) expect(textAt(sec)).toBe('made at 1004');
  expect(textAt(1015)).toBe("the host's");
});
