import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counter, gauge, type Metric, renderMetrics } from '../../../src/daemon/metrics.ts';
import { parseMetrics } from '../../support/metrics-text.ts';

test('renderMetrics() writes HELP, TYPE and a line for each sample', () => {
  const metrics: Metric[] = [
    counter('nsproc_cpu_seconds_total', 'CPU time.', 1.5),
    {
      name: 'nsproc_switch_on',
      type: 'gauge',
      help: 'Whether on.',
      samples: [
        { value: 1, labels: { switch: 'swap' } },
        { value: 0, labels: { switch: 'zswap', other: 'x' } },
      ],
    },
  ];
  expect(renderMetrics(metrics)).toBe(`# HELP nsproc_cpu_seconds_total CPU time.
# TYPE nsproc_cpu_seconds_total counter
nsproc_cpu_seconds_total 1.5
# HELP nsproc_switch_on Whether on.
# TYPE nsproc_switch_on gauge
nsproc_switch_on{switch="swap"} 1
nsproc_switch_on{switch="zswap",other="x"} 0
`);
});

test('renderMetrics() leaves out what has no samples', () => {
  const empty: Metric = { name: 'nsproc_none', type: 'gauge', help: 'None.', samples: [] };
  expect(renderMetrics([empty, gauge('nsproc_one', 'One.', 1)])).not.toContain('none');
});

test('renderMetrics() escapes what would end a label or a line', () => {
  const metric: Metric = {
    name: 'nsproc_info',
    type: 'gauge',
    help: 'a\\b\nc',
    samples: [{ value: 1, labels: { path: 'a"b\\c\nd' } }],
  };
  expect(renderMetrics([metric])).toBe(
    '# HELP nsproc_info a\\\\b\\nc\n# TYPE nsproc_info gauge\nnsproc_info{path="a\\"b\\\\c\\nd"} 1\n',
  );
});

test('renderMetrics() writes a text that can be parsed, whatever labels and numbers are', () => {
  // -0 is a number that no count has.
  const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), value, (path, number) => {
      const text = renderMetrics([
        {
          name: 'nsproc_x',
          type: 'gauge',
          help: 'X.',
          samples: [{ value: number, labels: { path } }],
        },
      ]);
      const [parsed] = parseMetrics(text).get('nsproc_x')?.samples.values() ?? [];
      expect(parsed).toBe(number);
    }),
  );
});
