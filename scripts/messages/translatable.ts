/**
 * @file Finds the text of a module, and makes code that looks each message up in its catalogue. wuchale does the work; its own
 * plug-in is not used, because it writes catalogues and loaders into the source tree during builds and tests.
 */
import { adapter as svelteAdapter } from '@wuchale/svelte';
import { getKey, IndexTracker } from 'wuchale';
import { Transformer } from 'wuchale/adapter-vanilla';
import { isText } from './is-text.ts';

/** A text, or the two forms of one that counts, with `{0}` for values and `<0>` for elements. */
export interface FoundMessage {
  readonly key: string;
  readonly forms: readonly string[];
  /** Tells apart messages with one English text and two meanings. */
  readonly context?: string | undefined;
  /** The expressions behind `{0}`, `{1}`, for translators. */
  readonly values: readonly string[];
}

export interface Translatable {
  /** In the order of the catalogue. */
  readonly messages: readonly FoundMessage[];
  /** @param catalogue module whose default export holds the messages */
  readonly code: (catalogue: string) => { readonly code: string; readonly map: unknown };
}

const unchanged = (expression: string) => expression;
const plain = { wrapInit: unchanged, wrapUse: unchanged };
const settings = {
  heuristic: isText,
  /** `plural` of src/ui/format.ts. */
  patterns: [{ name: 'plural', args: ['other', 'message', 'pluralFunc'] as const }],
  // The language stays as it is while the page is open, so that nothing has to react to it.
  runtime: {
    initReactive: ({ funcName }: { funcName?: string | undefined }) =>
      funcName === undefined ? false : null,
    useReactive: false,
    plain,
    reactive: plain,
  },
};
const svelte = svelteAdapter(settings as never);
const imported = '_messages_';
const expression = { plain: imported, reactive: imported };

/** wuchale's, and besides it the text of errors that are thrown, of fields of classes, and before `!`. */
class ScriptTransformer extends Transformer {
  constructor(content: string, file: string, index: IndexTracker) {
    const { heuristic, runtime } = settings;
    const patterns = file.startsWith('src/ui/') ? settings.patterns : [];
    super(content, file, index, heuristic, patterns as never, expression, runtime as never, () => null);
    const { visit } = this;
    const visitClass = this.visitClassDeclaration;
    Object.assign(this, {
      visitThrowStatement: (node: { argument: never }) => visit(node.argument),
      visitTSNonNullExpression: (node: { expression: never }) => visit(node.expression),
      visitPropertyDefinition: (node: { value: never }) => (node.value ? visit(node.value) : []),
      visitClassDeclaration: (node: Parameters<typeof visitClass>[0]) => [
        ...visitClass(node),
        ...node.body.body
          .filter(({ type }) => type === 'PropertyDefinition')
          .flatMap((field) => visit(field)),
      ],
    });
  }
}

/** @param file path from the root of the project */
export async function translatable(content: string, file: string): Promise<Translatable> {
  const index = new IndexTracker();
  // In a component wuchale gives the catalogue its name; in a script it leaves that to its caller.
  const name = file.endsWith('.svelte') ? imported : '_w_runtime_';
  const { msgs, output } = file.endsWith('.svelte')
    ? await svelte.transform({ content, filename: file, index, expr: expression, matchUrl: () => null })
    : new ScriptTransformer(content, file, index).transform();
  const found = new Map(
    msgs.map(({ msgStr, context, placeholders }) => [
      getKey(msgStr, context),
      { forms: msgStr, context, values: placeholders.map(([, value]) => value) },
    ]),
  );
  return {
    messages: [...index.indices.keys()].map((key) => ({ key, ...found.get(key)! })),
    code: (catalogue) =>
      output(`import ${name} from ${JSON.stringify(catalogue)};`) as ReturnType<Translatable['code']>,
  };
}
