/**
 * @file Turns the names of models on the command line and in plans into ids: a model that ships with the app has one; a
 * file, a folder, or a model of a hub is imported once and gets one.
 */
import { existsSync } from 'node:fs';
import { excerpt } from '../../../src/core/excerpt.ts';
import type { Plan } from '../../../src/lab/plan/plan.ts';
import type { TrialRequest } from '../../../src/lab/plan/request.ts';
import { registries } from '../../../src/lab/trials/registries.ts';
import { resolvePlan } from '../../../src/lab/trials/resolve.ts';
import { readEndpointId } from '../../../src/models/endpoint.ts';
import { readHubName } from '../../../src/models/hub/name.ts';
import { partsOf, readAdaptedId } from '../../../src/models/adapted-entry.ts';
import { knownAdapter } from '../../../src/models/catalogue/known-adapters.ts';
import { importedId, isImportedId } from '../../../src/models/imported-id.ts';
import { isBehindEndpoint } from '../endpoints.ts';
import { badUsage } from '../failure.ts';
import { readPair } from '../method-words.ts';
import { addModel } from './add.ts';
import { addAdapter, withKnownAdapter } from './add-adapter.ts';
import { addHubModel, knownHubModel } from './add-hub.ts';
import { cachedModels, findCached } from './cache.ts';
import { damageOf } from './intact.ts';
import { isPath } from './source-files.ts';

export interface NamingOptions {
  /** Agree to ask a model hub for what is named `org/name`. */
  readonly airlock?: true;
  /** Address that is asked in place of the hub. */
  readonly mirror?: string;
  /** Store what is imported in four bits too, for `--precision q4f16`. */
  readonly fourBit?: true;
  /** The model that an adapter stands on, where that is not the one that its files name. */
  readonly base?: string;
}

const isKnownAdapter = (name: string) => knownAdapter(name) !== undefined;
const isBundled = (name: string) => registries.models.some(({ id }) => id === name);
/** A path, or what can only be one; `org/name:file.gguf` is a file of a hub, unless it is here. */
const isOnDisk = (name: string) => existsSync(name) || (isPath(name) && readHubName(name)?.file == null);

/**
 * Import what is not here yet.
 * @returns the id of each name
 * @throws CommandError 2 for a name that stands for no model, and for files that are none
 */
export async function idsOf(
  names: Iterable<string>,
  options: NamingOptions,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const name of new Set(names)) ids.set(name, await idOf(name, options));
  return ids;
}

async function idOf(name: string, { airlock, mirror, fourBit, base }: NamingOptions): Promise<string> {
  if (isBundled(name) || isBehindEndpoint(name) || isImportedId(name)) return name;
  if (readAdaptedId(name)) return name;
  const withKnown = withKnownAdapter(name);
  if (withKnown !== null) return withKnown;
  if (isOnDisk(name)) return (await addAdapter(name, base)) ?? (await addModel(name, fourBit)).id;
  const hubName = readHubName(name);
  if (!hubName) return name; // refused with the list of known ids, where the whole input is checked
  const known = knownHubModel(hubName);
  if (known && (!airlock || (await damageOf(known)) === null)) return known.id;
  if (!airlock)
    throw badUsage(
      `"${excerpt(name)}" is a model of a hub, and the command line asks no other computer for anything.`,
      'Give --airlock to agree to the download, or name a file or folder that you have.',
    );
  return (await addHubModel(hubName, { mirror })).id;
}

const isHere = (id: string) =>
  isBundled(id) ||
  isBehindEndpoint(id) ||
  isKnownAdapter(id) ||
  (isImportedId(id) && findCached(id) !== undefined);

/** @throws CommandError 2 for a model that is neither bundled nor imported */
export function checkModelIds(ids: readonly string[]): void {
  const missing = ids.flatMap(partsOf).find((id) => !isHere(id));
  if (missing === undefined) return;
  if (readEndpointId(missing))
    throw badUsage(
      `No server is named for the model "${excerpt(missing)}".`,
      'Give its address: --endpoint http://localhost:8000/v1',
    );
  const known = [...registries.models, ...cachedModels()].map(({ id }) => id);
  throw isImportedId(missing)
    ? badUsage(
        `The model "${excerpt(missing)}" is not on this computer.`,
        'Its id ends with the first digits of the SHA-256 of its file. Import that file with: lab models add <file>',
      )
    : badUsage(
        `There is no model "${excerpt(missing)}" here.`,
        `Name a file, a folder, or one of ${known.join(', ')}.`,
      );
}

/** The options of a command with ids in place of names. */
export async function withModelIds<O extends ModelOptions>(options: O): Promise<O> {
  const { model, from } = options;
  const roles = options.role.map(readPair);
  const targets = model === undefined ? [] : typeof model === 'string' ? [model] : model;
  const ids = await idsOf(
    [...targets, ...(from === undefined ? [] : [from]), ...roles.map(([, name]) => name)],
    options,
  );
  const id = (name: string) => ids.get(name) ?? name;
  return {
    ...options,
    ...(model !== undefined && { model: typeof model === 'string' ? id(model) : model.map(id) }),
    ...(from !== undefined && { from: id(from) }),
    role: roles.map(([role, name]) => `${role}=${id(name)}`),
  };
}
interface ModelOptions extends NamingOptions {
  readonly model?: string | readonly string[];
  readonly from?: string;
  /** `role=name` */
  readonly role: readonly string[];
}

/** Every model that a request names. */
export const requestedModels = ({
  model,
  roles,
}: Pick<TrialRequest, 'model' | 'roles'>): readonly string[] => [
  model,
  ...Object.values(roles).filter((name) => name !== undefined),
];

/** Every model that a plan names. */
export const modelsIn = ({ models: { targets, roles } }: Plan): readonly string[] => [
  ...targets,
  ...Object.values(roles).filter((name) => name !== undefined),
];

/** The plan with ids in place of names. Everything else in it is checked before anything is imported. */
export async function planWithIds(plan: Plan, options: NamingOptions): Promise<Plan> {
  resolvePlan(
    renamed(plan, (name) => (isImported(name) ? idBeforeImport(name) : name)),
    registries,
  );
  const ids = await idsOf(modelsIn(plan), options);
  return renamed(plan, (name) => ids.get(name) ?? name);
}

const isImported = (name: string) =>
  isKnownAdapter(name) ||
  (!isBundled(name) && !isBehindEndpoint(name) && (isOnDisk(name) || readHubName(name) !== null));

/** An id for a model before it is imported. */
const idBeforeImport = (name: string) => importedId(name, '0'.repeat(64));

const renamed = (plan: Plan, id: (name: string) => string): Plan => ({
  ...plan,
  models: {
    ...plan.models,
    targets: plan.models.targets.map(id),
    roles: Object.fromEntries(
      Object.entries(plan.models.roles).map(([role, name]) => [role, id(name)]),
    ) as Plan['models']['roles'],
  },
  ...(plan.replay && {
    replay: Object.fromEntries(Object.entries(plan.replay).map(([target, from]) => [id(target), from])),
  }),
});
