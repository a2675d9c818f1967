/**
 * @file Renders the chat template of a model folder: a program from outside, which gets the values that it is given and
 * nothing else, and is stopped when it takes too long or makes too much.
 */
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { LabError } from '../core/errors.ts';
import { excerpt } from '../core/excerpt.ts';

/** Far above templates in use, which have some 10,000 characters and take some dozens of steps per message. */
const most = {
  sourceCharacters: 150_000,
  /** Reading a long gap takes time that grows with its square. */
  gapCharacters: 1000,
  steps: 500_000,
  ms: 700,
  textCharacters: 2_000_000,
  items: 100_000,
  /** Size of a value with all that it contains, in characters and items. */
  size: 8_000_000,
  /** Size of what a step that multiplies its inputs can make of them. */
  product: 50_000_000,
} as const;

export interface ChatTemplate {
  /**
   * @throws LabError 'bad-input' if the template refuses these values, 'bad-model' if it does not end in time or makes
   *   more than any prompt needs
   */
  render(values: Readonly<Record<string, unknown>>): string;
}

/** @throws LabError 'bad-model' if `source` is no template */
export function parseChatTemplate(source: string): ChatTemplate {
  if (source.length > most.sourceCharacters) throw unusable(`it has ${source.length} characters`);
  if (new RegExp(`\\s{${most.gapCharacters}}`).test(source))
    throw unusable('it has a gap of over 1000 blanks');
  let program: Template['parsed'];
  try {
    program = new Template(source).parsed;
  } catch (cause) {
    throw unusable(reasonOf(cause), cause);
  }
  return {
    render(values) {
      try {
        const environment = new Environment();
        for (const [name, value] of Object.entries({ ...globals, ...values })) environment.set(name, value);
        return String(new BoundedInterpreter(environment).run(program).value);
      } catch (cause) {
        if (cause instanceof LabError) throw cause;
        throw new LabError('bad-input', `The chat template refused this conversation: ${reasonOf(cause)}`, {
          advice: 'Some templates accept no system message, or want user and assistant to alternate.',
          cause,
        });
      }
    },
  };
}

const unusable = (reason: string, cause?: unknown) =>
  new LabError('bad-model', `The chat template cannot be used: ${reason}.`, {
    advice: 'Pick another model, or correct "chat_template" in its tokenizer_config.json.',
    cause,
  });

/** What the template said, or a word for what the interpreter stumbled over. */
function reasonOf(cause: unknown): string {
  if (cause instanceof RangeError) return 'it is nested or calls itself too deeply';
  if (cause instanceof TypeError || !(cause instanceof Error)) return 'it is not written as templates are';
  return excerpt(cause.message, 300) || 'it ended without a reason';
}

/** What every template may use. As in the library, the words that Python writes with a capital have both forms. */
const globals = {
  ...{ true: true, false: false, none: null, True: true, False: false, None: null },
  raise_exception: (reason: unknown) => {
    throw new Error(String(reason));
  },
  range(...bounds: readonly unknown[]) {
    const [from, to, step = 1] = (bounds.length > 1 ? bounds : [0, ...bounds]) as readonly number[];
    const count = Math.ceil((to! - from!) / step);
    if (!Number.isFinite(count)) throw new Error('range() takes numbers, and a step other than 0');
    if (count > most.items) throw unusable(`it loops ${count} times`);
    return Array.from({ length: Math.max(0, count) }, (_, i) => from! + i * step);
  },
};

type Node = Parameters<Interpreter['evaluate']>[0];
type Value = ReturnType<Interpreter['evaluate']>;
/** The fields of the nodes that are looked at. */
interface NodeFields {
  readonly type: string;
  readonly value?: unknown;
  readonly filter?: NodeFields;
  readonly callee?: NodeFields;
  readonly property?: NodeFields;
  readonly computed?: boolean;
}

/** Counts the steps, and measures values before a step can multiply them. */
class BoundedInterpreter extends Interpreter {
  readonly #start = performance.now();
  #steps = 0;
  /** The steps under way, outermost first, and the sizes of what each has been given. */
  readonly #open: { readonly node: NodeFields | undefined; readonly sizes: number[] }[] = [];
  /** Sizes of lists and mappings, which do not change once they are made. */
  readonly #sizes = new WeakMap<object, number>();

  override evaluate(node: Node, environment: Environment): Value {
    this.#steps += 1;
    if (this.#steps > most.steps) throw unusable('it does not end');
    if (this.#steps % 256 === 0 && performance.now() - this.#start > most.ms)
      throw unusable('it takes too long');
    if (node?.type === 'FilterStatement' && multiplies(node as NodeFields))
      throw unusable('it multiplies the text of a whole block');
    this.#open.push({ node: node as NodeFields | undefined, sizes: [] });
    const value = super.evaluate(node, environment);
    this.#open.pop();
    this.#check(value, node as NodeFields | undefined);
    return value;
  }

  #check(value: Value, node: NodeFields | undefined): void {
    const { type, value: content } = value as { readonly type: string; readonly value: unknown };
    if (typeof content === 'string' && content.length > most.textCharacters)
      throw unusable(`it makes a text of ${content.length} characters`);
    if (Array.isArray(content) && content.length > most.items)
      throw unusable(`it makes a list of ${content.length} items`);
    const size = this.#sizeOf(value);
    if (size > most.size) throw unusable('it makes too much text');
    const parent = this.#open.at(-1);
    const isMethod = parent?.node?.callee === node && node !== undefined;
    // A method that is kept and called elsewhere would escape the measurement of what it is applied to.
    if (type === 'FunctionValue' && node?.type === 'MemberExpression' && !isMethod)
      throw unusable('it keeps a method of a value');
    // The object of a method is evaluated within the step that finds the method.
    const step = parent?.node?.type === 'MemberExpression' ? this.#open.at(-2) : parent;
    if (step?.node === undefined || !multiplies(step.node)) return;
    step.sizes.push(type === 'IntegerValue' ? Math.abs(Number(content)) : size);
    const [largest = 0, second = 0] = step.sizes.toSorted((a, b) => b - a);
    if (largest * second > most.product) throw unusable('it makes too much text');
  }

  /** Characters and items of a value with all that it contains. */
  #sizeOf(value: Value): number {
    const { type, value: content } = value as { readonly type: string; readonly value: unknown };
    if (typeof content === 'string') return content.length + 1;
    const isList = Array.isArray(content);
    if (!isList && !(content instanceof Map)) return 1;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    let size = 1;
    for (const part of (isList ? content : content.values()) as Iterable<Value>)
      // A namespace can change later, and can contain itself.
      size += (part as { readonly type: string }).type === 'NamespaceValue' ? Infinity : this.#sizeOf(part);
    if (!isList) for (const key of content.keys()) size += String(key).length;
    if (type !== 'NamespaceValue') this.#sizes.set(value, size);
    return size;
  }
}

/** Filters and methods whose result can be as long as the product of what they are given. */
const multiplying = new Set<unknown>(['replace', 'join', 'indent', 'tojson', 'map']);

function multiplies({ filter, callee }: NodeFields): boolean {
  const called = filter ?? callee;
  const name = called?.callee ?? called?.property ?? called;
  const isUnknown = called?.computed === true && name?.type !== 'StringLiteral';
  return isUnknown || (name !== undefined && multiplying.has(name.value));
}
