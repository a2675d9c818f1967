/** @file The graphs of what comes after the layers: the final norm, logits, and log-probs of targets. */
import { familyOf } from '../llama-family.ts';
import type { LlamaConfig } from '../llama.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { byRows } from './operations/blocks.ts';
import { linear, linearInputVjp, linearWeightVjp } from './operations/linear.ts';
import { targetLogProbs, targetLogProbsSaving, targetLogProbsVjp } from './operations/log-probs.ts';
import { rmsNorm, rmsNormVjp } from './operations/rms-norm.ts';
import { finish, output, type Bytes } from './program.ts';

/** What these graphs have in common: the stream at some positions, and its norm. */
class Head {
  readonly g = new GraphBuilder();
  readonly #config: LlamaConfig;
  readonly norm: string;
  readonly #options;

  constructor(config: LlamaConfig) {
    this.#config = config;
    this.norm = this.g.input('norm', 'float32', [config.hiddenSize]);
    this.#options = { epsilon: config.rmsNormEps, offset: familyOf(config).normOffset };
  }

  /** `x` [N, d] at `at` [M]. */
  chosen(): string {
    const x = this.g.input('x', 'float32', ['positions', this.#config.hiddenSize]);
    return this.g.op('Gather', [x, this.g.input('at', 'int64', ['chosen'])]);
  }

  head(): string {
    return this.g.input('head', 'float32', ['outputs', this.#config.hiddenSize]);
  }

  targets(): string {
    return this.g.input('targets', 'int64', ['chosen']);
  }

  normed = (x: string): string => rmsNorm(this.g, x, this.norm, this.#options);
  normVjp = (x: string, dy: string) => rmsNormVjp(this.g, x, this.norm, dy, this.#options);
}

/** `x` [N, d] at `at` [M], `norm` [d], `head` [V, d] → `logits` [M, V] */
export function logitsProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const logits = linear(head.g, head.normed(head.chosen()), head.head());
  output(head.g, 'logits', logits, ['chosen', 'outputs']);
  return finish(head.g, 'logits');
}

/** As `logitsProgram`, with `targets` [M] → `log_probs` [M, 1] */
export function logProbsProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const logProbs = targetLogProbs(head.g, head.normed(head.chosen()), head.head(), head.targets());
  output(head.g, 'log_probs', logProbs, ['chosen', 1]);
  return finish(head.g, 'log-probs');
}

/**
 * The vector–Jacobian product of `logProbsProgram`: also takes `d_log_probs` [M, 1] → `log_probs`, and `d_chosen` [M, d],
 * the gradient of the stream at those positions. With `weights` also `d_norm` [d]; `states` [M, d]; and `d_head` [V, d]
 * without the rows of the targets, to each of which d_log_probs · state is added.
 */
export function logProbsVjpProgram(config: LlamaConfig, { weights }: { readonly weights: boolean }): Bytes {
  const head = new Head(config);
  const { g } = head;
  const chosen = head.chosen();
  const states = head.normed(chosen);
  const [matrix, targets] = [head.head(), head.targets()];
  const dLogProbs = g.input('d_log_probs', 'float32', ['chosen', 1]);
  const { logProbs, probs } = targetLogProbsSaving(g, states, matrix, targets);
  const { dStates, dOthers } = targetLogProbsVjp(g, probs, matrix, targets, dLogProbs, config.hiddenSize);
  const { dx, weightGradient } = head.normVjp(chosen, dStates);
  output(g, 'log_probs', logProbs, ['chosen', 1]);
  output(g, 'd_chosen', dx, ['chosen', config.hiddenSize]);
  if (weights) {
    output(g, 'd_norm', weightGradient(), [config.hiddenSize]);
    output(g, 'states', states, ['chosen', config.hiddenSize]);
    output(g, 'd_head', linearWeightVjp(g, states, dOthers), ['outputs', config.hiddenSize]);
  }
  return finish(g, 'log-probs-vjp');
}

/** As `logitsProgram`, with `d_logits` [M, V] → `d_chosen` [M, d] */
export function logitsVjpProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const { g } = head;
  const chosen = head.chosen();
  const dLogits = g.input('d_logits', 'float32', ['chosen', 'outputs']);
  const matrix = head.head();
  const dStates = byRows(g, dLogits, config.hiddenSize, (rows) => linearInputVjp(g, rows, matrix));
  const { dx } = head.normVjp(chosen, dStates);
  output(g, 'd_chosen', dx, ['chosen', config.hiddenSize]);
  return finish(g, 'logits-vjp');
}

/** `x` [N, d] → `normed` */
export function normProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const x = head.g.input('x', 'float32', ['positions', config.hiddenSize]);
  output(head.g, 'normed', head.normed(x), ['positions', config.hiddenSize]);
  return finish(head.g, 'norm');
}

/** `x` and `d_normed` [N, d] → `d_x` */
export function normVjpProgram(config: LlamaConfig): Bytes {
  const head = new Head(config);
  const [x, dy] = ['x', 'd_normed'].map((name) =>
    head.g.input(name, 'float32', ['positions', config.hiddenSize]),
  );
  output(head.g, 'd_x', head.normVjp(x!, dy!).dx, ['positions', config.hiddenSize]);
  return finish(head.g, 'norm-vjp');
}

/** `x` [N, d] at `at` [M], `table` [V, d] → `products` [M, V], x · tableᵀ. */
export function productsProgram({ hiddenSize }: LlamaConfig): Bytes {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['positions', hiddenSize]);
  const rows = g.op('Gather', [x, g.input('at', 'int64', ['chosen'])]);
  const table = g.input('table', 'float32', ['vocabulary', hiddenSize]);
  output(g, 'products', linear(g, rows, table), ['chosen', 'vocabulary']);
  return finish(g, 'products');
}
