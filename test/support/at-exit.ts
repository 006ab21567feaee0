// Last-minute cleaning: a test file that ends early must not leave processes,
// cgroups or mounts on the machine. Only synchronous work can be done then.

const pending = new Set<() => void>();

function runPending(): void {
  for (const clean of [...pending].reverse()) {
    try {
      clean();
    } catch (error) {
      process.stderr.write(`cleaning at exit: ${String(error)}\n`);
    }
  }
}

/** Runs `clean` when the process exits, unless the returned function took it back. */
export function cleanAtExit(clean: () => void): () => void {
  if (pending.size === 0 && !process.listeners('exit').includes(runPending)) {
    process.on('exit', runPending);
  }
  pending.add(clean);
  return () => pending.delete(clean);
}
