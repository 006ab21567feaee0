// Text of a table: columns as wide as their widest cell, numbers to the right.

export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const numeric = header.map((_, column) => rows.some((row) => /^\d/.test(row[column] ?? '')));
  const renderRow = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return numeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return `${[renderRow(header), rule, ...rows.map(renderRow)].join('\n')}\n`;
}

export function microseconds(ns: number): string {
  return (ns / 1000).toFixed(1);
}
