// This process, as whoever started it wrote it.

/** The words of its command line, from the program on. */
export function ownCommand(): string[] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}
