/** @file What is wrong with a plan or a request, collected so that one reading of the message is enough to correct it. */
import { LabError } from '../../core/errors.ts';
import { excerpt, firstOf } from '../../core/excerpt.ts';
import { repeated } from '../../core/groups.ts';

export class Problems {
  readonly #problems: { readonly path: string; readonly error: LabError }[] = [];
  readonly #withPaths: boolean;

  /** @param withPaths whether messages begin with the path in the plan; a request has no paths to name */
  constructor({ withPaths }: { readonly withPaths: boolean }) {
    this.#withPaths = withPaths;
  }

  /** The value in a list, or an empty list when `make` throws a LabError, which is kept for `raise`. */
  attempt<T>(path: string, make: () => T): T[] {
    try {
      return [make()];
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      this.#problems.push({ path, error });
      return [];
    }
  }

  /** Records are keyed by these names, so each must stand for one thing. */
  rejectDuplicates(path: string, names: readonly string[]): void {
    for (const name of repeated(names))
      this.attempt(path, () => {
        throw new LabError('bad-plan', `"${excerpt(name)}" is listed more than once.`, {
          advice: 'List each once.',
        });
      });
  }

  /** @throws LabError with all messages and the code of the first problem; nothing when there is none */
  raise(): void {
    const first = this.#problems[0];
    if (first === undefined) return;
    const messages = firstOf(this.#problems, ({ path, error }) =>
      this.#withPaths ? `${path}: ${error.message}` : error.message,
    );
    const advice = new Set(this.#problems.map(({ error }) => error.advice));
    throw new LabError(first.error.code, messages.join(' '), {
      advice: [...advice].join(' '),
      cause: first.error,
    });
  }
}
