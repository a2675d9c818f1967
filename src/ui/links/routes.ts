/** @file Addresses of the pages. The state that a link should carry lives in the hash, so any static host serves it. */
import { accessTiers, stageTitles, type Access, type Stage } from '../../core/method.ts';
import { isAdaptive } from '../../lab/plan/attack-mode.ts';
import type { TrialKey } from '../../lab/records/trial.ts';

export const methodKinds = ['attack', 'defense', 'evaluator'] as const;
export type MethodKind = (typeof methodKinds)[number];
const stages = Object.keys(stageTitles) as Stage[];

/** Pages whose address holds their settings, as `setups.ts` has them. */
const setupPages = ['playground', 'studio', 'microscope', 'insight'] as const;
type SetupPage = (typeof setupPages)[number];
export const isSetupPage = (page: string): page is SetupPage => setupPages.some((name) => name === page);

/** What the list of methods is narrowed to; `null` is everything. */
export interface MethodFilter {
  readonly text: string;
  readonly access: Access | null;
  readonly stage: Stage | null;
}
export const everyMethod: MethodFilter = { text: '', access: null, stage: null };

/** The run's plan as `plan-text.ts` writes it, for devices that do not hold the run. */
interface CarriedPlan {
  readonly plan?: string | undefined;
}
/** Of a run with several target models or evaluators. Default: the first. */
interface MatrixPicks {
  readonly model?: string | undefined;
  readonly evaluator?: string | undefined;
}

export type Route =
  | { readonly page: 'home' | 'lessons' | 'class' | 'training' | 'behaviors' | 'models' | 'ledger' | 'about' }
  /** `step` counts from 1; with `present` it opens in presenter mode. */
  | { readonly page: 'lesson'; readonly id: string; readonly step: number; readonly present: boolean }
  | { readonly page: 'methods'; readonly filter: MethodFilter }
  | { readonly page: 'method'; readonly kind: MethodKind; readonly id: string }
  | ({ readonly page: 'matrix'; readonly run: string | null; readonly cell: string | null } & MatrixPicks &
      CarriedPlan)
  | ({ readonly page: 'trial'; readonly run: string; readonly key: TrialKey } & CarriedPlan)
  | { readonly page: SetupPage; readonly setup: string | null }
  /** A level by its id, or one that somebody built, as its link carries it. */
  | { readonly page: 'vault'; readonly level: string | null }
  /** A page of the docs, whose contents have the empty path; `at` names a heading. */
  | { readonly page: 'docs'; readonly path: string; readonly at: string | null }
  | { readonly page: 'missing'; readonly path: string };
export type PageName = Route['page'];

export const pageTitles: Readonly<Record<PageName, string>> = {
  home: 'Home',
  lessons: 'Learn',
  lesson: 'Lesson',
  class: 'Class',
  playground: 'Playground',
  studio: 'Studio',
  microscope: 'Microscope',
  matrix: 'Matrix',
  trial: 'Trial',
  training: 'Training',
  insight: 'Insight',
  vault: 'Vault',
  docs: 'Docs',
  methods: 'Methods',
  method: 'Method',
  behaviors: 'Behaviors',
  models: 'Models',
  ledger: 'Ledger',
  about: 'About',
  missing: 'Not found',
};

/** Pages whose address holds nothing but their name. */
const plainPages = [
  'home',
  'lessons',
  'class',
  'training',
  'behaviors',
  'models',
  'ledger',
  'about',
] as const;

/** Percent-encoding, in which half a character becomes the sign for an unknown one. */
const encode = (part: string): string => encodeURIComponent(part.replace(/\p{Cs}/gu, '\ufffd'));

/** Percent-decoding that leaves a malformed escape as it is. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const optional = <T extends string>(query: URLSearchParams, names: readonly T[]): { [K in T]?: string } =>
  Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name)!]] : []))) as {
    [K in T]?: string;
  };

/** The route of a hash such as `#/matrix?run=1f2e`. Unknown paths are `missing`. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const query = new URLSearchParams(search);
  const [page = '', ...rest] = path.split('/').map(decode);
  if (page === '' && rest.length === 0) return { page: 'home' };
  if (page === 'trial') {
    const [run, model, behavior, attack, defense] = rest;
    const mode = query.get('mode') === 'adaptive' ? ({ mode: 'adaptive' } as const) : {};
    if (run && model && behavior && attack && defense)
      return { page, run, key: { model, behavior, attack, defense, ...mode }, ...optional(query, ['plan']) };
  } else if (page === 'lessons' && rest.length === 1 && rest[0]) {
    const step = Number(query.get('step') ?? 1);
    const isStep = Number.isInteger(step) && step >= 1;
    return { page: 'lesson', id: rest[0], step: isStep ? step : 1, present: query.get('present') === '1' };
  } else if (page === 'methods' && rest.length === 2) {
    const kind = methodKinds.find((name) => name === rest[0]);
    if (kind && rest[1]) return { page: 'method', kind, id: rest[1] };
  } else if (page === 'docs') {
    return { page, path: rest.join('/'), at: query.get('at') };
  } else if (rest.length === 0) {
    const plain = plainPages.find((name) => name === page);
    if (plain) return { page: plain };
    if (page === 'methods') {
      const access = accessTiers.find((tier) => tier === query.get('access')) ?? null;
      const stage = stages.find((name) => name === query.get('stage')) ?? null;
      return { page, filter: { text: query.get('text') ?? '', access, stage } };
    }
    if (page === 'matrix')
      return {
        ...{ page, run: query.get('run'), cell: query.get('cell') },
        ...optional(query, ['model', 'evaluator', 'plan']),
      };
    if (isSetupPage(page)) return { page, setup: query.get('setup') };
    if (page === 'vault') return { page, level: query.get('level') };
  }
  return { page: 'missing', path };
}

/** Those that are there, behind a question mark if any is. */
function queryOf(values: Readonly<Record<string, string | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value != null) query.set(name, value);
  return query.size > 0 ? `?${query}` : '';
}

/** The address of a route; `parseRoute(hrefOf(route))` gives the route back. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'home':
      return '#/';
    case 'lessons':
    case 'class':
    case 'training':
    case 'behaviors':
    case 'models':
    case 'ledger':
    case 'about':
      return `#/${route.page}`;
    case 'lesson': {
      const { step, present } = route;
      const query = queryOf({ step: step === 1 ? null : String(step), present: present ? '1' : null });
      return `#/lessons/${encode(route.id)}${query}`;
    }
    case 'methods': {
      const { text, access, stage } = route.filter;
      return `#/methods${queryOf({ text: text === '' ? null : text, access, stage })}`;
    }
    case 'method':
      return `#/methods/${route.kind}/${encode(route.id)}`;
    case 'matrix': {
      const { run, cell, model, evaluator, plan } = route;
      return `#/matrix${queryOf({ run, cell, model, evaluator, plan })}`;
    }
    case 'trial': {
      const { model, behavior, attack, defense } = route.key;
      const path = `#/trial/${[route.run, model, behavior, attack, defense].map(encode).join('/')}`;
      return path + queryOf({ mode: isAdaptive(route.key) ? 'adaptive' : null, plan: route.plan });
    }
    case 'playground':
    case 'studio':
    case 'microscope':
    case 'insight':
      return `#/${route.page}${queryOf({ setup: route.setup })}`;
    case 'vault':
      return `#/vault${queryOf({ level: route.level })}`;
    case 'docs':
      return `#/${['docs', ...route.path.split('/').filter(Boolean)].map(encode).join('/')}${queryOf({ at: route.at })}`;
    case 'missing':
      return `#/${route.path}`;
    default:
      return route satisfies never;
  }
}
