// Who may import whom in src/, from one table. Run by tools/check-boundaries.ts, which also proves
// that it looked at every file.

// One row per layer: what it may import besides itself. A layer absent from a row is forbidden to
// it. `types` lists layers of which only types may be imported.
const layers = {
  'fuse/protocol': { may: [] },
  fuse: { may: ['fuse/protocol'] },
  transport: { may: ['fuse', 'fuse/protocol', 'kernel'] },
  // Memory that threads share, not code that layers share.
  shared: { may: [] },
  vfs: { may: ['fuse', 'fuse/protocol', 'shared'] },
  kernel: { may: [] },
  reader: { may: ['kernel'], types: ['cgroup'] },
  cgroup: { may: ['kernel'] },
  host: { may: ['kernel'] },
  view: { may: ['shared'], types: ['cgroup', 'host'] },
  render: { may: ['view'], types: ['cgroup', 'host'] },
  procfs: {
    may: ['fuse', 'fuse/protocol', 'vfs', 'shared', 'reader', 'cgroup', 'host', 'view', 'render'],
    types: ['kernel'],
  },
  sysfs: {
    may: [
      'fuse',
      'fuse/protocol',
      'vfs',
      'shared',
      'reader',
      'cgroup',
      'host',
      'view',
      'render',
      'procfs',
    ],
  },
};
// The composition roots import any layer; the daemon does not know that a command line exists.
const roots = { daemon: '^src/daemon/', cli: '^src/cli/', main: '^src/main[.]ts$' };

// Packages that belong to one place.
const homes = {
  koffi: '^src/kernel/',
  'fuse-native': '^src/transport/',
  'lru-cache': '^src/(reader|procfs)/',
  pino: '^src/(daemon/log[.]ts$|cli/)',
  'pino-pretty': '^src/(daemon/log[.]ts$|cli/)',
  commander: '^src/(cli/|main[.]ts$)',
};

const osModules =
  '^(node:)?(fs|fs/promises|child_process|os|process|net|dgram|worker_threads|cluster|tty)$';

// `fuse` means the files directly in src/fuse, not its protocol/ folder.
const filesOf = (layer) => (layer === 'fuse' ? '^src/fuse/[^/]+$' : `^src/${layer}/`);

const layerRules = Object.entries(layers).map(([layer, { may, types = [] }]) => ({
  name: `layer:${layer}`,
  comment:
    `src/${layer}/ may import ${[...may, ...types.map((name) => `types of ${name}`)].join(', ') || 'no other layer'}. ` +
    'Take the value as an argument instead, or move the code to the layer that owns it.',
  severity: 'error',
  from: { path: filesOf(layer) },
  to: { path: '^src/', pathNot: [layer, ...may, ...types].map(filesOf) },
}));

const typeOnlyRules = Object.entries(layers)
  .filter(([, { types = [] }]) => types.length > 0)
  .map(([layer, { types }]) => ({
    name: `types-only:${layer}`,
    comment:
      `src/${layer}/ may import from ${types.join(' and ')} with \`import type\` only: ` +
      'it is given values, or a function that reads them; it does not read them itself.',
    severity: 'error',
    from: { path: filesOf(layer) },
    to: { path: types.map(filesOf), dependencyTypesNot: ['type-only'] },
  }));

const homeRules = Object.entries(homes).map(([name, home]) => ({
  name: `home-of:${name}`,
  comment:
    `Only ${home.replaceAll(/[[\]^$]/g, '')} uses ${name}, so that it can be replaced there. ` +
    'Use what that place exports.',
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: `node_modules/${name}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    ...typeOnlyRules,
    ...homeRules,
    {
      name: 'unlisted-folder',
      comment:
        'This folder has no row in the table of .dependency-cruiser.cjs. Put the file into the layer ' +
        'it serves; a folder for what is shared (utils, common, types) is not a layer.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [...Object.keys(layers).map(filesOf), ...Object.values(roots)],
      },
      to: {},
    },
    {
      name: 'unlisted-folder-imported',
      comment:
        'The imported file is in a folder without a row in the table of .dependency-cruiser.cjs. Put ' +
        'it into the layer it serves.',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: [...Object.keys(layers).map(filesOf), ...Object.values(roots)],
      },
    },
    {
      name: 'daemon-without-cli',
      comment: 'The daemon must run without a command line: pass it the parsed options as a value.',
      severity: 'error',
      from: { path: roots.daemon },
      to: { path: [roots.cli, roots.main] },
    },
    {
      name: 'nobody-imports-main',
      comment: 'src/main.ts is where the program begins. Move what you need into src/cli/.',
      severity: 'error',
      from: { path: '^src/', pathNot: roots.main },
      to: { path: roots.main },
    },
    {
      name: 'pure-layers',
      comment:
        'fuse/protocol, shared, vfs, view and render are values in, values out: no Node module and ' +
        'no package. Read the value where I/O is allowed and pass it in.',
      severity: 'error',
      from: { path: '^src/(fuse/protocol|shared|vfs|view|render)/' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
    {
      name: 'os-access-only-in-kernel',
      comment:
        'Only src/kernel/ touches the operating system. Use, or add, a function there that says ' +
        'what it asks the kernel.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/kernel/', roots.main] },
      to: { path: osModules },
    },
    {
      name: 'no-cycles',
      comment: 'These files need each other to load. Move what both use into a third file.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this file and it imports nothing: delete it or use it.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: roots.main },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere. Write relative imports with their .ts suffix.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-without-tests',
      comment: 'What src/ needs must be in src/: tests and tools are not shipped.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools|bench)/' },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'The package is not there in an installed nsproc. List it under dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
