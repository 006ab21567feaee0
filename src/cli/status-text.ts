// The status of a daemon as text for people, whatever its parts are: another version of nsproc may
// have others. Names become words, and values with a unit in their name become readable.

import { alignColumns, type Paint } from './terminal.ts';

type Fields = Readonly<Record<string, unknown>>;
type Row = readonly string[];

const indent = '  ';

export function renderStatus(status: Fields, paint: Paint): string {
  return Object.entries(status)
    .map(([part, fields]) => `${paint('bold', wordsOf(part))}\n${renderPart(fields)}`)
    .join('\n');
}

function renderPart(part: unknown): string {
  const fields = isFields(part) ? part : { value: part };
  const entries = Object.entries(fields);
  const plain = entries.filter(([, value]) => !isTable(value));
  const lines = alignColumns(plain.map(([name, value]) => rowOf(name, value)));
  const tables = entries.flatMap(([, value]) => (isTable(value) ? tableLines(value) : []));
  return [...lines, ...tables].map((line) => `${indent}${line}\n`).join('');
}

function rowOf(name: string, value: unknown): Row {
  return [wordsOf(name), textOf(name, value)];
}

function tableLines(rows: readonly Fields[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => textOf(name, row[name])));
  return alignColumns([names.map(wordsOf), ...cells]);
}

/** `isBusy` is `busy`, `openFdsLimit` is `open fds limit`, `busyUsec` is `busy`. */
function wordsOf(name: string): string {
  const bare = name.replace(/^is(?=[A-Z])/, '').replace(/(?<=.)(Sec|Msec|Usec|Bytes|Kib)$/, '');
  return bare.replace(/[A-Z]/g, (letter, at) => `${at === 0 ? '' : ' '}${letter.toLowerCase()}`);
}

function textOf(name: string, value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return numberText(name, value);
  if (isFields(value)) return fieldsText(value);
  return Array.isArray(value) ? value.map((item) => textOf(name, item)).join(', ') : String(value);
}

/** A switch is its position, and whether somebody set it. */
function fieldsText(fields: Fields): string {
  const { position, isSet, ...others } = fields;
  const texts = Object.entries(others).map((entry) => rowOf(...entry).join(' '));
  if (position === undefined) return texts.join(', ');
  return [String(position), ...(isSet === true ? ['(set since the start)'] : []), ...texts].join(
    ' ',
  );
}

function numberText(name: string, value: number): string {
  if (name.endsWith('Usec')) return durationText(value / 1e6);
  if (name.endsWith('Msec')) return durationText(value / 1e3);
  if (name.endsWith('Sec')) return durationText(value);
  if (name.endsWith('Bytes')) return `${(value / 2 ** 20).toFixed(1)} MiB`;
  if (name.endsWith('Kib')) return `${(value / 2 ** 10).toFixed(1)} MiB`;
  return String(value);
}

/** The two largest units: `3 d 4 h`, `12 min 5 s`, `0.25 s`. */
function durationText(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 3 : 0))} s`;
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, length]) => seconds >= length);
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return `${count} ${unit}`;
  });
  return parts.join(' ');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTable(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFields);
}
