// What has been started and must be undone: mounts, cgroups, processes, folders. Steps run in
// reverse order, each one even when another fails, at the end of a run and on SIGINT or SIGTERM.

export interface Scope {
  defer(step: () => void | Promise<void>): void;
  close(): Promise<void>;
}

export function openScope(): Scope {
  const steps: (() => void | Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  async function undo(): Promise<void> {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`bench: cleaning up: ${String(error)}\n`);
      }
    }
  }
  return {
    defer(step) {
      steps.push(step);
    },
    // An interrupt closes the scope while the body, whose reader just ended, is about to do so too:
    // both have to wait for the same steps.
    close() {
      closing ??= undo();
      return closing;
    },
  };
}

/** Runs `body` with a scope that is closed whether it returns, throws or the user interrupts. */
export async function withScope<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = openScope();
  const interrupt = (): void => {
    void scope.close().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await body(scope);
  } finally {
    await scope.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
