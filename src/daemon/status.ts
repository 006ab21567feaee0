// What a running daemon tells of itself: each part of it by whoever knows it.

import type { Metric } from './metrics.ts';

/** A plain object: what JSON can say. Units are in names. */
export type StatusPart = Readonly<Record<string, unknown>>;

export interface StatusSource {
  /** The name of the part. Two sources of one name tell one part together. */
  readonly part: string;
  /** At this moment; called for each request, on the main thread. */
  status(): StatusPart;
  metrics?(): readonly Metric[];
}

export type Status = Readonly<Record<string, StatusPart>>;

export function statusOf(sources: readonly StatusSource[]): Status {
  const status: Record<string, StatusPart> = {};
  for (const source of sources) {
    status[source.part] = { ...status[source.part], ...told(source) };
  }
  return status;
}

/** A part that cannot be told does not keep back the others. */
function told(source: StatusSource): StatusPart {
  try {
    return source.status();
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

export function metricsOf(sources: readonly StatusSource[]): Metric[] {
  return sources.flatMap((source) => {
    try {
      return source.metrics?.() ?? [];
    } catch {
      return [];
    }
  });
}
