// One answer of `nsproc doctor`.

/** `fail`: serve can't work. `warn`: it works, with a drawback. */
export type FindingStatus = 'ok' | 'warn' | 'fail';

export interface Finding {
  readonly name: string;
  readonly status: FindingStatus;
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}
