/**
 * @file The software bill of materials, in CycloneDX JSON: every package that the app depends on or holds.
 * Made from package-lock.json, because `npm sbom` leaves out what is bundled from development packages, such as the
 * page's framework, and stamps its result with the time.
 */
import { keyOf } from './packages.ts';

export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  /** As in npm: `sha512-` and the hash in base64. */
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  readonly name: string;
  readonly version: string;
  /** By folder, such as `node_modules/a/node_modules/b`; the app itself at ''. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const modules = 'node_modules/';
const nameAt = (folder: string) => folder.slice(folder.lastIndexOf(modules) + modules.length);

/** The folder that `name` is found in from `folder`, as Node looks for it: from the inside out. */
function resolveFrom(folder: string, name: string, { packages }: LockFile): string | null {
  for (let at = folder; ; at = at.slice(0, Math.max(at.lastIndexOf(`/${modules}`), 0))) {
    const candidate = at === '' ? modules + name : `${at}/${modules}${name}`;
    if (packages[candidate]) return candidate;
    if (at === '') return null;
  }
}

const hashOf = (integrity: string) => {
  const [algorithm = '', base64 = ''] = integrity.split('-');
  return {
    alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
    content: Buffer.from(base64, 'base64').toString('hex'),
  };
};

/** @param shipped `name@version` of the packages whose code or files are in the app */
export function billOfMaterials(lock: LockFile, shipped: ReadonlySet<string>) {
  const entryAt = (folder: string) => {
    const { version = '', ...locked } = lock.packages[folder]!;
    const name = folder === '' ? lock.name : nameAt(folder);
    return { folder, name, version, ref: keyOf({ name, version }), locked };
  };
  const listed = Object.keys(lock.packages)
    .filter((folder) => folder.includes(modules))
    .map(entryAt)
    .filter(({ locked, ref }) => !locked.dev || shipped.has(ref))
    // One package may lie in several folders.
    .filter(({ ref }, index, all) => all.findIndex((other) => other.ref === ref) === index)
    .toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
  const refs = new Set(listed.map(({ ref }) => ref));
  const dependsOn = (folder: string, locked: LockedPackage) =>
    Object.keys({ ...locked.dependencies, ...locked.optionalDependencies, ...locked.devDependencies })
      .flatMap((name) => resolveFrom(folder, name, lock) ?? [])
      .map((found) => entryAt(found).ref)
      .filter((ref) => refs.has(ref))
      .toSorted();
  const app = entryAt('');
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': app.ref,
        name: app.name,
        version: app.version,
        licenses: [{ expression: app.locked.license ?? 'NOASSERTION' }],
      },
    },
    components: listed.map(({ name, version, ref, locked }) => ({
      type: 'library',
      'bom-ref': ref,
      name,
      version,
      // Some packages are installed for the sake of others and have no part in the app.
      scope: shipped.has(ref) ? 'required' : 'excluded',
      ...(locked.integrity ? { hashes: [hashOf(locked.integrity)] } : {}),
      ...(locked.license ? { licenses: [{ expression: locked.license }] } : {}),
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    })),
    dependencies: [app, ...listed].map(({ folder, ref, locked }) => ({
      ref,
      dependsOn: dependsOn(folder, locked),
    })),
  };
}
