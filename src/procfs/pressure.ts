// /proc/pressure of a container: the pressure files of its own v2 cgroup, which need no
// controller and so are there on hybrid hosts as well.

import { type ContainerCgroup, isRoot, readNearest } from '../cgroup/container-cgroup.ts';
import type { CgroupDirectory } from '../cgroup/directory.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { pressureProvenance } from './provenance/pressure.ts';

export const pressureResources = ['cpu', 'memory', 'io'] as const;
export type PressureResource = (typeof pressureResources)[number];

/** The node ids of the files, in that order; also part of the catalogue's promise. */
const firstNodeId = 32;

/** The v2 cgroup of a container; `undefined` when it has none of its own. */
function ownCgroup(cgroup: ContainerCgroup) {
  const unified = cgroup.unified();
  return unified === undefined || isRoot(unified) ? undefined : unified;
}

/** The folder with the container's own pressure file; `undefined` when it has none. */
export function pressureDirectory(
  cgroup: ContainerCgroup,
  resource: PressureResource,
): CgroupDirectory | undefined {
  const [own] = ownCgroup(cgroup)?.chain ?? [];
  return own?.has(`${resource}.pressure`) === true ? own : undefined;
}

/** One row each; served apart from the catalogue's, because they can be written to. */
export const pressureFiles = pressureResources.map(
  (resource, index): CatalogueEntry & { readonly resource: PressureResource } => ({
    resource,
    path: `proc/pressure/${resource}`,
    nodeId: firstNodeId + index,
    mode: 0o666,
    hostPath: `/proc/pressure/${resource}`,
    containerText: ({ cgroup }) => {
      const own = ownCgroup(cgroup);
      return own === undefined ? undefined : readNearest(own, `${resource}.pressure`);
    },
    provenance: pressureProvenance(resource),
  }),
);
