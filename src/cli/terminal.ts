// Text for people: aligned columns, and colour where it can be seen.

/** Select Graphic Rendition codes: on, off. */
const codes = { green: [32, 39], yellow: [33, 39], red: [31, 39], bold: [1, 22] } as const;
export type Colour = keyof typeof codes;
export type Paint = (colour: Colour, text: string) => string;

/** Paints only on a terminal, and not when NO_COLOR is set (no-color.org). */
export function painter(stream: NodeJS.WriteStream): Paint {
  const isColourful = stream.isTTY && !process.env['NO_COLOR'];
  return (colour, text) => {
    const [on, off] = codes[colour];
    return isColourful ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
}

/** One line a row, columns as wide as their widest cell, two blanks between. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
