// A kernel text that does not have the form its documentation promises.

/** `source` is the file's path, `line` the offending text. */
export class KernelFormatError extends SyntaxError {
  override readonly name = 'KernelFormatError';
  readonly source: string;
  readonly line: string;

  constructor(source: string, line: string, expected: string) {
    super(`Cannot parse ${source} line ${JSON.stringify(line)}: expected ${expected}`);
    this.source = source;
    this.line = line;
  }
}
