import { expect, test } from 'vitest';
import { renderStatus } from '../../../src/cli/status-text.ts';

const plain = (_colour: string, text: string) => text;

test('renderStatus() makes words of names, readable values of units, and tables of lists', () => {
  const status = {
    server: { version: '1.2.3', uptimeSec: 3725, isMounted: true, takeOver: null },
    switches: {
      swap: { position: 'off', isSet: true },
      cpus: { position: 'quota', isSet: false },
    },
    workers: {
      answered: 12,
      threads: [
        { worker: 0, isBusy: true, busyUsec: 250_000 },
        { worker: 1, isBusy: false, busyUsec: null },
      ],
    },
    process: { residentBytes: 3 * 2 ** 20, sharedKib: 512, names: ['a', 'b'], none: [] },
  };
  expect(renderStatus(status, plain)).toBe(`server
  version    1.2.3
  uptime     1 h 2 min
  mounted    yes
  take over  -

switches
  swap  off (set since the start)
  cpus  quota

workers
  answered  12
  worker  busy  busy
  0       yes   0.25 s
  1       no    -

process
  resident  3.0 MiB
  shared    0.5 MiB
  names     a, b
  none
`);
});

test.each([
  [0, '0 s'],
  [0.0123, '0.012 s'],
  [59.6, '60 s'],
  [60, '1 min 0 s'],
  [3599, '59 min 59 s'],
  [86_400, '1 d 0 h'],
  [1_000_000, '11 d 13 h'],
])('renderStatus() writes %d seconds as %s', (uptimeSec, text) => {
  expect(renderStatus({ server: { uptimeSec } }, plain)).toContain(`uptime  ${text}\n`);
});

test('renderStatus() takes any part', () => {
  expect(renderStatus({ restarts: 3, holder: {}, last: 'x' }, plain)).toBe(
    'restarts\n  value  3\n\nholder\n\nlast\n  value  x\n',
  );
});
