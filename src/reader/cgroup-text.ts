// The text of /proc/PID/cgroup, compared and cut.

interface CgroupLine {
  /** `ID:CONTROLLERS:`, the same for every process of the host. */
  readonly prefix: string;
  readonly path: string;
}

/** The kernel marks the path of a removed cgroup with this. */
const removedMark = ' (deleted)';

function parseLine(line: string): CgroupLine | undefined {
  const controllersStart = line.indexOf(':') + 1;
  const pathStart = line.indexOf(':', controllersStart) + 1;
  if (controllersStart === 0 || pathStart === 0) return undefined;
  const path = line.slice(pathStart);
  return {
    prefix: line.slice(0, pathStart),
    path: path.endsWith(removedMark) ? path.slice(0, -removedMark.length) : path,
  };
}

function linesOf(text: string): CgroupLine[] {
  return text
    .split('\n')
    .map(parseLine)
    .filter((line) => line !== undefined);
}

/**
 * systemd, as a container's init, moves itself into `init.scope` below the
 * container's cgroup, so that cut off names the container's own.
 */
export function withoutInitScope(text: string): string {
  if (!text.includes('/init.scope')) return text;
  return text.replace(/:\/init\.scope$/gm, ':/').replace(/\/init\.scope$/gm, '');
}

function isMemory({ prefix }: CgroupLine): boolean {
  const [, controllers = ''] = prefix.split(':');
  return controllers.split(',').includes('memory');
}

/** Two processes are compared by their place in one hierarchy: the one that limits memory. */
function comparedLine(lines: readonly CgroupLine[]): CgroupLine | undefined {
  return lines.find(isMemory) ?? lines.find(({ prefix }) => prefix === '0::') ?? lines[0];
}

/** The compared path of `text`, and of `other` in that same hierarchy. */
export function comparedPaths(text: string, other: string): [string, string] | undefined {
  const line = comparedLine(linesOf(text));
  const otherLine = linesOf(other).find(({ prefix }) => prefix === line?.prefix);
  if (line === undefined || otherLine === undefined) return undefined;
  return [line.path, otherLine.path];
}

/** Strictly below `ancestor`. */
export function isBelow(path: string, ancestor: string): boolean {
  if (path === ancestor) return false;
  return path.startsWith(ancestor === '/' ? '/' : `${ancestor}/`);
}

/** The parent; `undefined` when that is the root, or lies outside the daemon's cgroup namespace. */
export function parentBelowRoot(path: string): string | undefined {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return /^(\/\.\.)*$/.test(parent) ? undefined : parent;
}

function firstComponentBelow(path: string, ancestor: string): string {
  const end = path.indexOf('/', ancestor.length + 1);
  return end < 0 ? path : path.slice(0, end);
}

/**
 * `text` with each path cut to the sibling of init's cgroup that it is in or
 * below; a path that has another parent in its hierarchy stays.
 */
export function siblingOfInit(text: string, initText: string): string {
  const initPaths = new Map(linesOf(initText).map(({ prefix, path }) => [prefix, path]));
  const cut = ({ prefix, path }: CgroupLine) => {
    const parent = parentBelowRoot(initPaths.get(prefix) ?? '/');
    const isCut = parent !== undefined && isBelow(path, parent);
    return `${prefix}${isCut ? firstComponentBelow(path, parent) : path}\n`;
  };
  return linesOf(text).map(cut).join('');
}
