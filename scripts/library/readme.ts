/** @file The lists of methods in the package's README, from the cards in the registries. */
import { attacks } from '../../src/attacks/index.ts';
import { stageTitles, type MethodCard } from '../../src/core/method.ts';
import { defenses } from '../../src/defenses/index.ts';
import { evaluators } from '../../src/evaluators/index.ts';
import * as attackConstructors from '../../src/library/attacks.ts';
import * as defenseConstructors from '../../src/library/defenses.ts';
import * as evaluatorConstructors from '../../src/library/evaluators.ts';

const camelCase = (id: string): string => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A row for each method that has a constructor. @param about heads the column that `tell` fills */
function table<M extends MethodCard>(
  methods: readonly M[],
  constructors: object,
  about: string,
  tell: (method: M) => string,
): string {
  const rows = methods
    .filter(({ id }) => Object.hasOwn(constructors, camelCase(id)))
    .map((method) => {
      const { id, summary, needs, paper } = method;
      const models = needs.map((role) => `\`${camelCase(role)}\``).join(', ');
      return `| [\`${camelCase(id)}\`](${paper.url}) | ${summary.replaceAll('|', '\\|')} | ${tell(method)} | ${models} |`;
    });
  return [`| name | what it does | ${about} | needs |`, '| --- | --- | --- | --- |', ...rows].join('\n');
}

const reads = ({ access }: MethodCard): string => (access === 'black-box' ? 'text' : 'distributions');

const tables: Readonly<Record<string, () => string>> = {
  defenses: () =>
    table(
      defenses.all,
      defenseConstructors,
      'stage, reads',
      (method) => `${stageTitles[method.stage].toLowerCase()}, ${reads(method)}`,
    ),
  attacks: () => table(attacks.all, attackConstructors, 'reads', reads),
  evaluators: () => table(evaluators.all, evaluatorConstructors, 'measures', ({ measures }) => measures),
};

/** The text with each `<!-- name -->` replaced by the list of that name. @throws Error for an unknown name */
export const withLists = (text: string): string =>
  text.replaceAll(/<!-- (\w+) -->/g, (_, name: string) => {
    const list = tables[name];
    if (list === undefined) throw new Error(`The README asks for a list "${name}", which does not exist.`);
    return list();
  });
