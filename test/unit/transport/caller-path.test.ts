import { describe, expect, it } from 'vitest';
import { parseCallerPath } from '../../../src/transport/caller-path.ts';

const names = (path: string) => parseCallerPath(path).names;

describe('parseCallerPath()', () => {
  it('takes who asks, and for what, from in front of the path', () => {
    expect(parseCallerPath('/4711.1000.100.15/proc/uptime')).toEqual({
      caller: { callerTid: 4711, uid: 1000, gid: 100 },
      opcode: 15,
      names: ['proc', 'uptime'],
    });
  });

  it('knows the mount point itself', () => {
    expect(names('/1.0.0.3/')).toEqual([]);
  });

  it('takes ids of 32 bits, such as those of nobody in a user namespace', () => {
    const { caller } = parseCallerPath('/1.4294967294.4294967294.3/proc');
    expect(caller).toEqual({ callerTid: 1, uid: 4294967294, gid: 4294967294 });
  });

  it('finds nobody in front of what libfuse calls "-", a file without a path', () => {
    expect(parseCallerPath('/0.0.0.18-')).toEqual({
      caller: { callerTid: 0, uid: 0, gid: 0 },
      opcode: 18,
      names: [],
    });
  });

  it('leaves names that look like a caller to the file system', () => {
    expect(names('/7.0.0.3/1.0.0.3/uptime')).toEqual(['1.0.0.3', 'uptime']);
  });
});
