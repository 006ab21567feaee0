import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HostFiles } from '../../../src/host/host-files.ts';
import { withTree } from '../../support/fixture.ts';

test('HostFiles.has() knows a file, also an unreadable one, without opening it', () => {
  withTree({ 'proc/slabinfo': 'slabinfo - version: 2.1\n' }, (root) => {
    chmodSync(join(root, 'proc/slabinfo'), 0);
    const host = new HostFiles(root);
    expect(host.has('/proc/slabinfo')).toBe(true);
    expect(host.has('/proc/swaps')).toBe(false);
    host.close();
  });
});
