// What goes into the numbers of the pressure files: the same lines of the cgroup's own.

import type { Provenance } from './provenance.ts';

/** `some` and `full`, each with its averages and its total. */
export function pressureProvenance(resource: string): Provenance {
  return {
    numbers: (text) =>
      text
        .trim()
        .split('\n')
        .map((line) => {
          const blank = line.indexOf(' ');
          return [line.slice(0, blank), line.slice(blank + 1)];
        }),
    sources: (label) => [`${resource}.pressure ${label}`],
  };
}
