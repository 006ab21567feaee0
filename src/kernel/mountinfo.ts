// The mounts of a process, as proc_pid_mountinfo(5) lists them: those that its root directory
// reaches, by their paths from there.

/** Paths are as text of bytes (latin1), without the kernel's escapes. */
export interface MountLine {
  readonly id: number;
  readonly parentId: number;
  /** `MAJOR:MINOR` of the file system. */
  readonly device: string;
  /** What of the file system is mounted; without the mark of one that was deleted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Of this mount alone, such as `ro`, `nosuid`. */
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
}

/** Blank, tab, newline and backslash are written as octal escapes. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Lines without the documented fields, such as an empty last one, are left out. */
export function parseMountinfo(text: string): MountLine[] {
  return text.split('\n').flatMap((line) => {
    const [mounted = '', fileSystem = ''] = line.split(' - ');
    const [id = '', parentId = '', device = '', root, mountPoint, options] = mounted.split(' ');
    const [type = '', source = ''] = fileSystem.split(' ');
    if (root === undefined || mountPoint === undefined || options === undefined) return [];
    return [
      {
        id: Number(id),
        parentId: Number(parentId),
        device,
        root: unescaped(root.replace(/\/\/deleted$/, '')),
        mountPoint: unescaped(mountPoint),
        options: options.split(','),
        type,
        source: unescaped(source),
      },
    ];
  });
}

/** What is mounted at the very root of another mount, and so hides it. */
export function mountOver(mounts: readonly MountLine[], covered: MountLine): MountLine | undefined {
  return mounts.find(
    (mount) => mount.parentId === covered.id && mount.mountPoint === covered.mountPoint,
  );
}

function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** The mount to which a path leads, going down from the root through all that is mounted on it. */
export function mountSeenAt(mounts: readonly MountLine[], path: string): MountLine | undefined {
  const ids = new Set(mounts.map(({ id }) => id));
  let seen: MountLine | undefined;
  let inside = mounts.filter(({ id, parentId }) => !ids.has(parentId) || id === parentId);
  for (;;) {
    // What is mounted nearest to the root of a mount is met first, and hides the rest.
    const [next] = inside
      .filter(({ mountPoint }) => isWithin(path, mountPoint))
      .sort((one, other) => one.mountPoint.length - other.mountPoint.length);
    if (next === undefined) return seen;
    seen = next;
    inside = mounts.filter(({ id, parentId }) => parentId === next.id && id !== next.id);
  }
}

/** What is mounted somewhere in a directory, not at its own path. */
export function mountsInside(mounts: readonly MountLine[], directory: string): MountLine[] {
  return mounts.filter(
    ({ mountPoint }) => mountPoint !== directory && isWithin(mountPoint, directory),
  );
}
