// `nsproc heal`: containers whose files are of a FUSE mount that has lost its server get
// those of a live one, without being restarted.

import { hasCapability } from '../kernel/machine.ts';
import {
  listMountPlaces,
  type MountPlace,
  openDirectoryPath,
  openMountPlace,
  ownMountPlace,
  readMountsOf,
} from '../kernel/mount-namespaces.ts';
import { type MountLine, mountsInside } from '../kernel/mountinfo.ts';
import { nsprocMountType, readMountsAt } from '../kernel/mounts.ts';
import { closeFd, inodeOf, readNamespaceLink } from '../kernel/process.ts';
import type { PlaceRow } from './heal-outcome.ts';
import { type FoundPlace, healPlace, type LiveMount, type PlaceHealing } from './heal-place.ts';
import { isServed, servedPlacesOf } from './heal-plan.ts';
import { runHealProgram } from './heal-program.ts';
import { StartError } from './start-error.ts';

export interface HealOptions {
  /** Of the live nsproc, without symbolic links. */
  readonly mountPoint: string;
  readonly isDryRun: boolean;
  /** Whether mounts whose server is there but does not answer count as dead. */
  readonly isHungDead: boolean;
  /** Only the mount namespace of this process; all if left out. */
  readonly pid?: number | undefined;
}

export interface HealedMount extends PlaceRow {
  readonly pid: number;
  /** As the process calls itself: any bytes. */
  readonly command: string;
  /** The inode number of the mount namespace. */
  readonly namespace: number;
}

function requireRights(): void {
  for (const name of ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE'] as const) {
    if (hasCapability(name)) continue;
    throw new StartError(`Cannot heal without ${name}: run it as root.`);
  }
}

/** The mount namespaces to look at. */
function placesOf(pid: number | undefined): MountPlace[] {
  if (pid === undefined) return listMountPlaces();
  const namespaceLink = readNamespaceLink(`/proc/${pid}`, 'mnt');
  if (namespaceLink === undefined) {
    throw new StartError(`Cannot heal process ${pid}: there is none of this number on the host.`);
  }
  if (namespaceLink === ownMountPlace().namespaceLink) {
    throw new StartError(
      `Cannot heal process ${pid}: it is in this command's own mount namespace, not a container's.`,
    );
  }
  return listMountPlaces().filter((place) => place.namespaceLink === namespaceLink);
}

/** The caller closes its fd. */
async function openLive(directory: string): Promise<LiveMount> {
  const start = 'Start one first (nsproc serve), or name its mount point with --mount-point.';
  const refusal = (why: string) =>
    new StartError(`Cannot heal from ${directory}: ${why}. ${start}`);
  const top = readMountsAt(directory).at(-1);
  if (top?.type !== nsprocMountType) throw refusal('no nsproc is mounted there');
  const state = await askOwnServer(top.device);
  if (state === 'dead') throw refusal('the nsproc there has ended');
  if (state !== 'alive') throw refusal(`the nsproc there does not answer (${state})`);
  return { directory, devices: devicesAt(top.device), fd: openDirectoryPath(directory) };
}

/** With that of the pressure files, which is mounted in it. */
function devicesAt(device: string): Set<string> {
  const mounts = readMountsOf(ownMountPlace());
  const whole = mounts.find((mount) => mount.device === device && mount.root === '/');
  const inside = whole === undefined ? [] : mountsInside(mounts, whole.mountPoint);
  return new Set([device, ...inside.filter(isServed).map((mount) => mount.device)]);
}

/** The state of a file system that is mounted in this process's own namespace. */
async function askOwnServer(device: string): Promise<string> {
  const isWhole = (mount: MountLine) => mount.device === device && mount.root === '/';
  const mount = readMountsOf(ownMountPlace()).findLast(isWhole);
  const open = openMountPlace(ownMountPlace());
  try {
    if (mount === undefined || open === undefined) return 'gone';
    const [answer] = await runHealProgram({
      mode: 'probe',
      isHungDead: false,
      place: open,
      liveFd: open.rootFd,
      records: [{ target: mount.mountPoint, layers: [mount], source: '' }],
    });
    return answer?.word ?? 'late';
  } finally {
    open?.close();
  }
}

async function healInOrder(
  found: readonly FoundPlace[],
  healing: PlaceHealing,
): Promise<HealedMount[]> {
  const healed: HealedMount[] = [];
  for (const { place, mounts } of found) {
    const open = openMountPlace(place);
    if (open === undefined) continue;
    try {
      const { pid, namespaceLink } = place;
      const about = { pid, command: open.command, namespace: inodeOf(namespaceLink) };
      const rows = await healPlace({ place, mounts }, open, healing);
      healed.push(...rows.map((row) => ({ ...about, ...row })));
    } finally {
      open.close();
    }
  }
  return healed;
}

/**
 * Replaces what is dead, or with `isDryRun` says what it would replace.
 *
 * @throws StartError when that cannot be done here.
 */
export async function heal(options: HealOptions): Promise<HealedMount[]> {
  const { mountPoint, isDryRun, isHungDead, pid } = options;
  requireRights();
  const live = await openLive(mountPoint);
  try {
    // All of them are found before the first is healed, which may heal others of them.
    const found = placesOf(pid)
      .map((place) => ({ place, mounts: readMountsOf(place) }))
      .filter(({ mounts }) => servedPlacesOf(mounts).length > 0);
    const servers = new Map([...live.devices].map((device) => [device, 'alive' as const]));
    return await healInOrder(found, { live, servers, isDryRun, isHungDead });
  } finally {
    closeFd(live.fd);
  }
}
