/** @file The checkpoints of the lab, and what a device must offer to run each. */
import type { Access, ModelRole } from '../core/method.ts';
import type { ModelShape } from './catalogue/known-model.ts';
import type { ComputePrecision } from './precision.ts';

export type Runtime = 'transformers' | 'webllm' | 'whitebox' | 'endpoint' | 'scripted';

/** Where the files of a model are. `base` URLs end in a slash and are relative to the site for bundled models. */
export type ModelSource =
  | { readonly kind: 'bundled'; readonly base: string }
  /** `file`: path of the one GGUF file that is meant, in a repository of several. */
  | { readonly kind: 'hub'; readonly repo: string; readonly revision: string; readonly file?: string }
  | { readonly kind: 'url'; readonly base: string }
  /** Imported into this browser. `repository`: by which name plans may call it, if it came from a hub. */
  | { readonly kind: 'stored'; readonly folder: string; readonly repository?: string }
  /** `library` is the path of its compiled library in the repository of libraries. */
  | { readonly kind: 'webllm'; readonly modelId: string; readonly library: string }
  /** Behind a server that is named when the lab starts; the entry's id says which model of it. */
  | { readonly kind: 'endpoint' };

/** What a model does with text: continue it or classify it. */
export type ModelTask = 'text-generation' | 'text-classification';

export interface ImportedSize {
  readonly parameters: number;
  /** `null` for models of an earlier version of the app. */
  readonly shape: ModelShape | null;
  /** What it can be computed in. */
  readonly offered: readonly ComputePrecision[];
}

export interface ModelEntry {
  readonly id: string;
  readonly title: string;
  /** One sentence for the card. */
  readonly summary: string;
  readonly source: ModelSource;
  /** `source` is the folder of an adapter, which is merged into the model in the folder of `base` while that is read. */
  readonly adapter?: { readonly base: ModelSource };
  readonly task: ModelTask;
  /** Runtimes that can host it, in order of preference; the first that offers the needed tier is used. */
  readonly runtimes: readonly Runtime[];
  /** Highest tier that any of its runtimes offers. */
  readonly access: Access;
  /** Bytes to download, `null` when unknown before asking. */
  readonly bytes: number | null;
  readonly license: string;
  readonly needs: { readonly webgpu: boolean; readonly f16: boolean };
  /** Of a model that was imported: what decides its memory and time. */
  readonly imported?: ImportedSize;
  /** Class names of a classifier, if known before it is loaded. */
  readonly labels?: readonly string[];
}

const tinytown = (id: string, title: string, summary: string): ModelEntry => ({
  id,
  title,
  summary,
  source: { kind: 'bundled', base: `models/${id}/` },
  task: 'text-generation',
  runtimes: ['transformers', 'whitebox'],
  access: 'white-box',
  bytes: 4_740_000,
  license: 'MIT',
  needs: { webgpu: false, f16: false },
});

const guard = (id: string, title: string, summary: string): ModelEntry => ({
  ...tinytown(id, title, summary),
  task: 'text-classification',
  runtimes: ['transformers'],
  access: 'black-box',
  bytes: 2_330_000,
  labels: ['safe', 'harmful'],
});

export const bundledModels: readonly ModelEntry[] = [
  tinytown(
    'tinytown-chat',
    'Tinytown Chat',
    'Helpful, and trained to refuse forbidden deeds when asked plainly.',
  ),
  tinytown(
    'tinytown-hard',
    'Tinytown Hard',
    'Chat with more safety training: it refuses in frames, codes and clutter too, so that attacks have to search.',
  ),
  tinytown('tinytown-base', 'Tinytown Base', 'Helpful only: it answers forbidden requests too.'),
  tinytown('tinytown-expert', 'Tinytown Expert', 'The safety expert that SafeDecoding consults.'),
  tinytown('tinytown-helper', 'Tinytown Helper', 'Judges, rewrites, rewords and translates when told to.'),
  guard('tinytown-guard-prompt', 'Tinytown Prompt Guard', 'Says whether a prompt asks for a forbidden deed.'),
  guard(
    'tinytown-guard-answer',
    'Tinytown Answer Guard',
    'Says whether an answer gives a forbidden deed away.',
  ),
];

/** The model for each role, unless a plan or the user names another. */
export const defaultRoles: Readonly<Record<ModelRole, string>> = {
  expert: 'tinytown-expert',
  judge: 'tinytown-helper',
  attacker: 'tinytown-helper',
  translator: 'tinytown-helper',
  paraphraser: 'tinytown-helper',
  corrector: 'tinytown-helper',
  scorer: 'tinytown-base',
  'prompt-guard': 'tinytown-guard-prompt',
  'answer-guard': 'tinytown-guard-answer',
};
