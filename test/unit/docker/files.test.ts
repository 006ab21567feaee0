// The files of docker/ say only what nsproc knows: options, files, its version. What they make of
// it is in e2e.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { serveOptions } from '../../../src/cli/options.ts';
import { catalogue } from '../../../src/procfs/catalogue.ts';
import { pressureFiles } from '../../../src/procfs/pressure.ts';
import { dockerFolder, readCompose, volumeOf } from '../../support/compose.ts';

const mountPoint = '/var/lib/nsproc';
const { version } = JSON.parse(readFileSync(join(dockerFolder, '../package.json'), 'utf8'));
const servedPaths = new Set([
  ...[...catalogue, ...pressureFiles].map(({ path }) => path),
  ...['cpu', 'node'].map((name) => `sys/devices/system/${name}`),
]);

interface KubernetesContainer {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext?: { readonly privileged: boolean };
  readonly readinessProbe: { readonly exec: { readonly command: readonly string[] } };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
    readonly mountPropagation?: string;
  }[];
}

interface PodSpec {
  readonly hostPID?: boolean;
  readonly priorityClassName?: string;
  readonly containers: readonly [KubernetesContainer];
  readonly volumes: readonly {
    readonly name: string;
    readonly hostPath: { readonly path: string; readonly type: string };
  }[];
}

function documentsOf(path: string) {
  return parseAllDocuments(readFileSync(join(dockerFolder, path), 'utf8'), { strict: true });
}

/** The one document of a file. */
function read(path: string) {
  const [document] = documentsOf(path);
  if (document === undefined || !('toJS' in document)) throw new Error(`Nothing in ${path}`);
  return document.toJS();
}

/** What `nsproc serve` understands of a command line. */
function optionsOf([command, ...args]: readonly string[]): Record<string, unknown> {
  expect(command).toBe('serve');
  const serve = new Command('serve').exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of serveOptions()) serve.addOption(option);
  return serve.parse(args, { from: 'user' }).opts();
}

/** Each file of the mount, and where a container has it. */
function expectServed(binds: readonly (readonly [source: string, target: string])[]): void {
  expect(binds.length).toBeGreaterThan(0);
  for (const [source, target] of binds) {
    expect(source.startsWith(`${mountPoint}/`)).toBe(true);
    expect(servedPaths).toContain(source.slice(mountPoint.length + 1));
    expect(target).toBe(source.slice(mountPoint.length));
  }
}

const yamlFiles = readdirSync(dockerFolder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /\.ya?ml$/.test(path),
);

test.each(yamlFiles)('%s is one document of YAML without a fault', (path) => {
  const documents = documentsOf(path);
  expect(documents).toHaveLength(1);
  for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([]);
});

test('Dockerfile names the version', () => {
  expect(readFileSync(join(dockerFolder, 'Dockerfile'), 'utf8')).toContain(`nsproc:${version} `);
});

describe('compose.yaml', () => {
  const { nsproc, example } = readCompose();

  test('serves at the mount point, whose parent folder it shares with the host', () => {
    expect(nsproc.image).toBe(`nsproc:${version}`);
    expect(optionsOf(nsproc.command)).toMatchObject({ mountPoint });
    expect(nsproc.volumes.map(volumeOf)).toEqual([
      '/var/lib:/var/lib:rshared',
      '/sys/fs/cgroup:/sys/fs/cgroup:ro',
    ]);
    expect(nsproc).toMatchObject({ privileged: true, pid: 'host', cgroup: 'host' });
  });

  test('has an example that mounts files that are served, read-only', () => {
    const volumes = example.volumes.map((volume) => volumeOf(volume).split(':'));
    expect(new Set(volumes.map(([, , options]) => options))).toEqual(new Set(['ro']));
    expectServed(volumes.map(([source = '', target = '']) => [source, target] as const));
  });
});

describe('kubernetes/', () => {
  test('has a DaemonSet that does what compose.yaml does', () => {
    const spec: PodSpec = read('kubernetes/daemonset.yaml').spec.template.spec;
    const [container] = spec.containers;
    const { nsproc } = readCompose();
    expect(container.image).toBe(nsproc.image);
    expect(container.args).toEqual(nsproc.command);
    expect(container.readinessProbe.exec.command).toEqual(nsproc.healthcheck?.test.slice(1));
    expect(container.securityContext).toEqual({ privileged: true });
    expect(spec).toMatchObject({ hostPID: true, priorityClassName: 'system-node-critical' });
    expect(container.volumeMounts).toEqual([
      { name: 'var-lib', mountPath: '/var/lib', mountPropagation: 'Bidirectional' },
      { name: 'cgroup', mountPath: '/sys/fs/cgroup', readOnly: true },
    ]);
    expect(spec.volumes.map(({ hostPath }) => hostPath.path)).toEqual(
      container.volumeMounts.map(({ mountPath }) => mountPath),
    );
  });

  test('has a pod that mounts files that are served, read-only', () => {
    const { containers, volumes }: PodSpec = read('kubernetes/example-pod.yaml').spec;
    const [container] = containers;
    const byName = new Map(volumes.map(({ name, hostPath }) => [name, hostPath]));
    const { volumeMounts } = container;
    expect(volumeMounts.map(({ name }) => name)).toEqual([...byName.keys()]);
    expectServed(
      volumeMounts.map(({ name, mountPath, readOnly }) => {
        expect(readOnly).toBe(true);
        return [byName.get(name)?.path ?? '', mountPath] as const;
      }),
    );
    for (const { hostPath } of volumes) {
      const isFile = hostPath.path.startsWith(`${mountPoint}/proc/`);
      expect(hostPath.type).toBe(isFile ? 'File' : 'Directory');
    }
  });
});
