// A small block device of a test's own, for I/O that reaches a device.

import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanAtExit } from './at-exit.ts';
import { run, runOrThrow } from './commands.ts';
import { programPath } from './requirements.ts';
import type { Teardown } from './teardown.ts';

export interface LoopDevice {
  /** Such as `/dev/loop3`. */
  readonly path: string;
  /** Such as `loop3`. */
  readonly name: string;
  /** `MAJOR:MINOR`. */
  readonly number: string;
}

/** `undefined` where this machine has no loop device to give. */
export async function attachLoopDevice(
  teardown: Teardown,
  bytes: number,
): Promise<LoopDevice | undefined> {
  const file = join(teardown.makeDir(), 'disk');
  writeFileSync(file, '');
  truncateSync(file, bytes);
  // Often a module, which losetup does not load.
  await run(['sh', '-c', 'modprobe --quiet loop || :']);
  const losetup = programPath('losetup');
  const { stdout, status } = await run([losetup, '--find', '--show', file]);
  if (status !== 0) return undefined;
  const path = stdout.trim();
  const detach = () => run([losetup, '--detach', path]);
  const forget = cleanAtExit(() => void detach());
  teardown.add(async () => {
    await detach();
    forget();
  });
  const hex = (await runOrThrow(['stat', '--format=%t:%T', path])).trim();
  const number = hex.split(':').map((digits) => Number.parseInt(digits, 16));
  return { path, name: path.slice('/dev/'.length), number: number.join(':') };
}
