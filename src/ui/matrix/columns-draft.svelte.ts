/** @file The columns of a matrix being edited: each a named stack of defenses. */
import type { DefenseCard } from '../../lab/plan/catalogue.ts';
import { undefended, type Plan, type PlanInput } from '../../lab/plan/plan.ts';
import { distinct } from '../../core/groups.ts';
import { words } from '../format.ts';
import { isValid, stackObstacle } from '../state/method-pick.ts';
import { choiceOfChip, moved, StackDraft, type DefenseChip } from '../defenses/stack-draft.svelte.ts';

export interface ColumnDraft {
  readonly key: number;
  /** The name that the user or the plan gave it; empty when it is named after its defenses. */
  readonly given: string;
  readonly stack: StackDraft;
}

let nextKey = 0;

export class ColumnsDraft {
  columns = $state.raw<readonly ColumnDraft[]>([]);
  /** What each column is called in tables and records. */
  readonly names = $derived.by((): readonly string[] => {
    const plain = this.columns.map(({ given, stack }) => given || idsOf(stack));
    const isTaken = (name: string) => plain.filter((other) => other === name).length > 1;
    return this.columns.map(({ given, stack }, i) => {
      const name = plain[i]!;
      return given !== '' || !isTaken(name) ? name : this.#inWords(stack);
    });
  });
  readonly #cards: readonly DefenseCard[];
  readonly #rate: Plan['falsePositives'];

  constructor(
    cards: readonly DefenseCard[],
    { defenses, falsePositives }: Pick<Plan, 'defenses' | 'falsePositives'>,
  ) {
    [this.#cards, this.#rate] = [cards, falsePositives];
    this.columns = defenses.map(({ name = '', stack }) =>
      this.#column(
        stack.map(({ id, options, artifact }) => ({
          id,
          on: true,
          options,
          ...(artifact && { loadedArtifact: { artifact } }),
        })),
        name,
      ),
    );
  }

  add = (id: string): void =>
    void (this.columns = [...this.columns, this.#column([{ id, on: true, options: {} }])]);
  /** A copy right of the column, to be varied. */
  duplicate = (index: number): void => {
    const original = this.columns[index];
    if (original) this.columns = this.columns.toSpliced(index + 1, 0, this.#column(original.stack.chips));
  };
  remove = (index: number): void => void (this.columns = this.columns.toSpliced(index, 1));
  /** Move a column by one place; moves past either end are ignored. */
  move = (index: number, by: -1 | 1): void => void (this.columns = moved(this.columns, index, by));
  /** Name a column; an empty name names it after its defenses. */
  rename = (index: number, given: string): void => {
    const one = this.columns[index];
    if (one) this.columns = this.columns.with(index, { ...one, given });
  };

  /** What is wrong with the columns on models of this access, in words, or `null`. */
  obstacle = (access: DefenseCard['access']): string | null => {
    for (const [i, { stack }] of this.columns.entries()) {
      const { chips } = stack;
      if (chips.length === 0) return `Column ${i + 1} holds no defense: add one or remove the column.`;
      const cards = chips.map(({ id }) => this.#cardOf(id));
      const wrong = cards.find((card, j) => card && !isValid(card.options, chips[j]!.options));
      if (wrong) return `Check the options of ${wrong.title} in column ${i + 1}.`;
      const members = cards.filter((card) => card !== undefined);
      const why = stackObstacle(members, access);
      if (why) return `Column ${i + 1}: ${why}`;
    }
    const all = [undefended, ...this.names];
    const twice = all.find((name, i) => all.indexOf(name) < i);
    return twice === undefined
      ? null
      : `Two columns are called “${twice}”. Change an option of one, or give it a name.`;
  };

  toPlan = (): NonNullable<PlanInput['defenses']> =>
    this.columns.map(({ given, stack }, i) => ({
      ...((given !== '' || this.names[i] !== idsOf(stack)) && { name: this.names[i]! }),
      stack: stack.chips.map(choiceOfChip),
    }));

  /** Every defense in some column, with its options. */
  readonly choices = $derived(this.columns.flatMap(({ stack }) => stack.chips));

  #column = (chips: readonly Omit<DefenseChip, 'key'>[], given = ''): ColumnDraft => ({
    key: nextKey++,
    given,
    stack: new StackDraft(chips, this.#rate),
  });

  #cardOf = (id: string) => this.#cards.find((card) => card.id === id);

  /** `Perplexity filter (threshold 60)`: for columns that hold the same methods. */
  #inWords(stack: StackDraft): string {
    const plain = stack.chips.every(
      ({ options, loadedArtifact }) => !loadedArtifact && Object.keys(options).length === 0,
    );
    if (plain) return idsOf(stack);
    return stack.chips
      .map((chip) => `${this.#cardOf(chip.id)?.title ?? chip.id}${settings(chip)}`)
      .join(' + ');
  }
}

const idsOf = ({ chips }: StackDraft): string => chips.map(({ id }) => id).join('+');

const longest = 24;

function settings({ options, loadedArtifact }: DefenseChip): string {
  const settingTexts = Object.entries(options).map(([key, value]) => {
    const text = String(value);
    return `${words(key).toLowerCase()} ${text.length > longest ? `${text.slice(0, longest)}…` : text}`;
  });
  const all = distinct([...settingTexts, ...(loadedArtifact ? [/* @wc-ignore */ 'learned before'] : [])]);
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}
