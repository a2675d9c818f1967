/** @file Which page a key sequence leads to. Pure. */
import { everyMethod, type Route } from '../links/routes.ts';

/** Second key of "g then …". */
const pages: Readonly<Record<string, Route>> = {
  h: { page: 'home' },
  e: { page: 'lessons' },
  p: { page: 'playground', setup: null },
  s: { page: 'studio', setup: null },
  i: { page: 'microscope', setup: null },
  m: { page: 'matrix', run: null, cell: null },
  r: { page: 'training' },
  n: { page: 'insight', setup: null },
  v: { page: 'vault', level: null },
  t: { page: 'methods', filter: everyMethod },
  b: { page: 'behaviors' },
  o: { page: 'models' },
  l: { page: 'ledger' },
  d: { page: 'docs', path: '', at: null },
  a: { page: 'about' },
};

export type KeyAction = { readonly go: Route } | 'help' | 'present' | null;

/** Reads keys one by one; `g` waits for its second key, any other key forgets it. */
export function shortcutReader(): (key: string) => KeyAction {
  let afterG = false;
  return (key) => {
    const route = afterG ? pages[key] : undefined;
    afterG = key === 'g' && !afterG;
    if (route) return { go: route };
    if (key === 'P') return 'present';
    return key === '?' ? 'help' : null;
  };
}
