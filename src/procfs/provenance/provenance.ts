// Where the numbers of a file come from, for `nsproc explain`: which kernel
// files, and which fields of them, go into each number.

/** The numbers of one file, and what goes into each. */
export interface Provenance {
  /** The numbers of a text: what each is called, and its value as printed. */
  numbers(text: string): readonly (readonly [label: string, value: string])[];
  /**
   * What goes into a number: `FILE`, `FILE FIELD` or `FILE FIELD|FIELD` (the first that is there),
   * of cgroup v1 and v2 alike (a host has one of them), or `= WORDS` for what no one file says.
   * `undefined`: the number is the host's.
   */
  sources(label: string): readonly string[] | undefined;
}

/** One kernel text that was read while a file was made. */
export interface ReadRecord {
  readonly path: string;
  readonly text: string;
}

/** A kernel value that went into a number. */
export interface SourceValue {
  readonly path: string;
  readonly field?: string;
  readonly value: string;
}

function fieldIn({ path, text }: ReadRecord, field: string): SourceValue | undefined {
  for (const line of text.split('\n')) {
    if (!line.startsWith(field)) continue;
    const value = /^:?\s+(.+)$/.exec(line.slice(field.length))?.[1];
    if (value !== undefined) return { path, field, value };
  }
  return undefined;
}

function valueIn(read: ReadRecord, fields: string | undefined): SourceValue | undefined {
  if (fields === undefined) {
    return { path: read.path, value: read.text.trim().replaceAll('\n', ' | ') };
  }
  for (const field of fields.split('|')) {
    const found = fieldIn(read, field);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The values behind one source, of every cgroup on the way to the root that has it. */
export function sourceValues(source: string, reads: readonly ReadRecord[]): SourceValue[] {
  if (source.startsWith('= ')) return [{ path: source.slice(2), value: '' }];
  const [file = '', fields] = source.split(' ');
  const found = new Map<string, SourceValue>();
  for (const read of reads) {
    if (!read.path.endsWith(`/${file}`)) continue;
    const value = valueIn(read, fields);
    if (value !== undefined) found.set(read.path, value);
  }
  return [...found.values()];
}
