// Measures over time as text: a line of blocks each, as high as their share of the largest value.

import { median } from '../../bench/statistics.ts';
import type { Measure, Sample } from './samples.ts';

const blocks = [...'▁▂▃▄▅▆▇█'];
const widestPlot = 60;

export function renderPlot(measures: readonly Measure[], samples: readonly Sample[]): string {
  const nameWidth = Math.max(...measures.map((measure) => titleOf(measure).length));
  const plotWidth = Math.min(widestPlot, samples.length);
  const titles = ['min', 'max', 'last'].map((title) => title.padStart(9)).join('');
  const heading = `${' '.repeat(nameWidth + 2 + plotWidth)}${titles}`;
  const lines = measures.map((measure) => {
    const values = samples.map(measure.of);
    const columns = columnsOf(values, plotWidth, measure.column);
    const largest = Math.max(...columns);
    const plot = columns.map((value) => blockOf(value, largest)).join('');
    const numbers = [Math.min(...values), Math.max(...values), values.at(-1) ?? 0];
    const cells = numbers.map((number) => shortText(number).padStart(9)).join('');
    return `${titleOf(measure).padEnd(nameWidth)}  ${plot}${cells}`;
  });
  return `${[heading, ...lines].join('\n')}\n`;
}

function titleOf({ name, unit }: Measure): string {
  return unit === '' ? name : `${name}, ${unit}`;
}

/** Each column stands for as many samples as the next. */
function columnsOf(
  values: readonly number[],
  count: number,
  column: Measure['column'],
): readonly number[] {
  return Array.from({ length: count }, (_, index) => {
    const begin = Math.floor((index * values.length) / count);
    const end = Math.floor(((index + 1) * values.length) / count);
    const part = values.slice(begin, end);
    return column === 'largest' ? Math.max(...part) : median(part);
  });
}

function blockOf(value: number, largest: number): string {
  const step = largest <= 0 ? 0 : Math.round((value / largest) * (blocks.length - 1));
  return blocks[step] ?? '';
}

/** Three digits or so, but no whole number is shortened. */
export function shortText(value: number): string {
  if (Number.isInteger(value) || value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
