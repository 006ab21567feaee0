// The one translation from what was thrown to the errno a reader gets.

import { EINVAL, EIO } from './protocol/constants.ts';
import { ProtocolError } from './protocol/request.ts';

/** A refusal with a definite errno (positive). */
export class FsError extends Error {
  override readonly name = 'FsError';
  readonly errno: number;

  constructor(message: string, errno: number) {
    super(message);
    this.errno = errno;
  }
}

/**
 * The errno for an error. Unknown errors are EIO; ENOSYS never comes from here,
 * since the kernel takes it as "this opcode does not exist" for good.
 */
export function errnoOf(error: unknown): number {
  if (error instanceof FsError) return error.errno;
  if (error instanceof ProtocolError) return EINVAL;
  return EIO;
}
