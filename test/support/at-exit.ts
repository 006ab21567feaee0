// Last-minute cleaning: a test file that ends early must not leave processes,
// cgroups or mounts on the machine. Only synchronous work can be done then.

const pending = new Set<() => void>();

/** As vitest ends its workers. A signal that kills would skip the exit listeners. */
function endBySignal(signal: NodeJS.Signals): void {
  runPending();
  process.kill(process.pid, signal);
}

function runPending(): void {
  for (const clean of [...pending].reverse()) {
    pending.delete(clean);
    try {
      clean();
    } catch (error) {
      process.stderr.write(`cleaning at exit: ${String(error)}\n`);
    }
  }
}

/** Runs `clean` when the process exits, unless the returned function took it back. */
export function cleanAtExit(clean: () => void): () => void {
  if (!process.listeners('exit').includes(runPending)) {
    process.on('exit', runPending);
    process.once('SIGTERM', endBySignal);
  }
  pending.add(clean);
  return () => pending.delete(clean);
}
