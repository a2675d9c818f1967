/** @file The plan: one JSON file with everything that an experiment needs, checked before anything runs. */
import { z } from 'zod';
import { behaviorSchema } from '../../core/behavior.ts';
import { contrastSchema } from '../../core/contrast.ts';
import { LabError } from '../../core/errors.ts';
import { issueTexts } from '../../core/excerpt.ts';
import { classifierRoles, languageRoles } from '../../core/method.ts';
import { nameSchema } from '../../core/name.ts';
import { sizeProblem } from '../../core/nesting.ts';
import { packNames } from '../../core/templates.ts';
import { mostRows, setRowSchema } from '../../data/import/set-row.ts';
import type { Artifact } from '../../defenses/defense.ts';
import { greedy } from '../../models/decoding/sampler.ts';
import { attackLimits } from './attack-limits.ts';
import { chatTemplateSchema } from './chat-template.ts';
import { checkNamedOnce } from './named-once.ts';
import { runLimitsSchema } from './run-limits.ts';
import { templatePackSchema } from './template-pack.ts';

const method = z.strictObject({
  id: nameSchema,
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Only what differs from the method's defaults."),
});

/** Attacks in a row: each works on the prompt of the one before. Its id is made of theirs. */
const attackChain = z
  .strictObject({
    attack: z.array(method).min(2).max(5),
    id: nameSchema.optional(),
    options: z.strictObject({}).optional(),
  })
  .transform(({ attack }) => ({ id: attack.map(({ id }) => id).join('+'), options: {}, attack }));

const defense = z.strictObject({
  name: nameSchema.optional().describe('Name of the stack in tables. Default: the ids joined by "+".'),
  stack: z
    .array(
      method.extend({
        artifact: z
          .record(z.string(), z.unknown())
          .optional()
          .describe(
            'What the defense learned in an earlier run (from `artifacts.json`); then it does not learn ' +
              'again.',
          ),
      }),
    )
    .min(1)
    .max(20),
});

const behaviorSource = z.union([
  z.strictObject({
    set: nameSchema.describe('A bundled or imported behavior set.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'It must be a SHA-256 of 64 hexadecimal digits')
      .optional()
      .describe(
        'Of an imported set: what its content must be. A set with this content is found under any name.',
      ),
    kinds: z.array(behaviorSchema.shape.kind).max(10).optional().describe('Default: all.'),
    limit: z
      .int()
      .positive()
      .optional()
      .describe('Take this many of each kind, in the order of the set. Default: all.'),
    drawn: z
      .literal(true)
      .optional()
      .describe(
        "Take those that the plan's seed draws, in place of the first; without a limit this changes " +
          'nothing.',
      ),
  }),
  z.strictObject({ behaviors: z.array(behaviorSchema).min(1).max(100_000) }),
]);

/** A set that travels in the plan, so that it need not be imported where the plan runs. */
const carriedSet = z.strictObject({
  id: nameSchema.max(100),
  title: z.string().min(1).max(300).optional(),
  behaviors: z
    .array(setRowSchema.strict())
    .min(1)
    .max(mostRows)
    .describe('Their ids are unique in the set; the lab puts the id of the set before each.'),
});

export const attackModeWishes = ['static', 'adaptive', 'both'] as const;

/** Of one prompt. */
export const mostSamples = 100;

export const planSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Address of the schema, for editors.'),
    version: z.literal(1).describe('Of this format.'),
    name: nameSchema.describe('Shown in lists of runs and in reports.'),
    seed: z
      .int()
      .nonnegative()
      .default(0)
      .describe('Of all that is random: the same plan on the same device gives the same records.'),
    models: z.strictObject({
      targets: z.array(nameSchema).min(1).max(100).describe('Catalogue ids of the models under attack.'),
      roles: z
        .partialRecord(z.enum([...languageRoles, ...classifierRoles]), nameSchema)
        .default({})
        .describe('Catalogue ids of the models in other roles.'),
    }),
    behaviors: z
      .array(behaviorSource)
      .min(1)
      .max(1000)
      .describe('What is asked of the models: sets by their ids, or behaviors written out.'),
    sets: z.array(carriedSet).max(20).optional().describe('Sets that the plan names and brings along.'),
    shard: z
      .strictObject({ index: z.int().positive(), count: z.int().positive() })
      .refine(({ index, count }) => index <= count, 'index must not exceed count')
      .optional()
      .describe(
        'Run only every `count`-th behavior, starting with the `index`-th (from 1). Defenses do not learn ' +
          'from the others either, so that the shards of a plan produce the same trials as the whole plan.',
      ),
    attacks: z
      .array(z.union([method, attackChain]))
      .min(1)
      .max(1000)
      .describe(
        'Ids of attacks with their options, or chains, in which each works on the prompt of the one before.',
      ),
    defenses: z
      .array(defense)
      .max(1000)
      .default([])
      .describe('Stacks to compare; the undefended model is always measured too, as "none".'),
    evaluators: z.array(method).min(1).max(100).describe('How answers are scored.'),
    contrast: contrastSchema
      .optional()
      .describe(
        'What defenses learn from, where they learn about a model. Default: the contrast of the behavior ' +
          'sets.',
      ),
    falsePositives: z
      .number()
      .min(0)
      .max(0.99)
      .optional()
      .describe(
        'The share of benign texts that calibrated thresholds may flag, of every detector that its ' +
          'options give no other. Default: 0.05. Where it is given, guards whose options give no threshold ' +
          'take theirs so too.',
      ),
    sampling: z
      .strictObject({
        temperature: z
          .number()
          .min(0)
          .max(2)
          .default(greedy.temperature)
          .describe('0 takes the likeliest token, always.'),
        topP: z.number().gt(0).max(1).default(greedy.topP),
        maxNewTokens: z.int().min(1).max(4096).default(96).describe('Longest answer, in tokens.'),
      })
      .prefault({}),
    samples: z
      .int()
      .min(1)
      .max(mostSamples)
      .optional()
      .describe(
        'Answers asked for to every final prompt, each with a random stream of its own: success is then ' +
          'also measured over several tries (ASR@k). Needs a temperature above 0. Default: 1.',
      ),
    chatTemplate: chatTemplateSchema,
    record: z
      .strictObject({
        topTokens: z
          .int()
          .min(0)
          .max(20)
          .default(5)
          .describe('Alternatives stored per token; 0 stores no tokens.'),
      })
      .prefault({}),
    texts: z
      .enum(packNames)
      .optional()
      .describe(
        'Which of the packs that ship the attacks take their texts from. Default: `full`, which has the ' +
          'length and the examples of the papers, wherever prompts and answers fit the contexts of the ' +
          'models, else `compact`.',
      ),
    templates: templatePackSchema
      .optional()
      .describe('Texts of attacks in place of those that ship with the lab.'),
    attackMode: z
      .enum(attackModeWishes)
      .optional()
      .describe(
        'Against which model attacks are made: the undefended one (`static`, the default), whose results ' +
          'are put to every defense; the defended one of each column (`adaptive`); or each of them ' +
          '(`both`), in cells of their own.',
      ),
    ...attackLimits,
    replay: z
      .record(nameSchema, nameSchema)
      .optional()
      .describe(
        'Run no attacks; put attack results of an earlier run to the targets instead. Names, for each ' +
          'target, the model that was attacked; the results themselves come with the run.',
      ),
    concurrency: z
      .int()
      .min(1)
      .max(256)
      .default(16)
      .describe(
        'Trials that run side by side and share batches. Part of the plan, because batches are part of ' +
          'the result. More than some 16 help models behind a server only.',
      ),
    runLimits: runLimitsSchema
      .optional()
      .describe(
        'After what the run ends with the trials that it has finished, each time it is started or goes ' +
          'on. Trials that are under way then are finished first.',
      ),
  })
  .meta({ id: 'plan', title: 'Glovebox plan, version 1' });

export type Plan = z.output<typeof planSchema>;

export type PlanInput = z.input<typeof planSchema>;

/** How answers are sampled where a plan, a page or a command says nothing else. */
export const defaultSampling: Plan['sampling'] = planSchema.shape.sampling.parse(undefined);

/** What 100,000 behaviors and the vectors that defenses learned take, with room to spare. */
const limits = { depth: 32, values: 2_000_000 } as const;

/** @throws LabError 'bad-plan' that names every offending field with its path, or what is listed more than once. */
export function parsePlan(input: unknown): Plan {
  const problem = sizeProblem(input, limits);
  if (problem !== null) throw invalid(problem);
  const parsed = planSchema.safeParse(input);
  if (!parsed.success) throw invalid(issueTexts(parsed.error.issues, 'plan').join('; '));
  const plan = parsed.data;
  checkNamedOnce({
    'models.targets': plan.models.targets,
    attacks: plan.attacks.map(({ id }) => id),
    evaluators: plan.evaluators.map(({ id }) => id),
    defenses: defenseNames(plan),
    sets: plan.sets?.map(({ id }) => id) ?? [],
  });
  return plan;
}

const invalid = (reasons: string) =>
  new LabError('bad-plan', `The plan is not valid. ${reasons}.`, {
    advice: 'Correct the fields named above; the schema is published beside the app as schemas/plan.json.',
  });

export const planJsonSchema = () => z.toJSONSchema(planSchema, { io: 'input', target: 'draft-2020-12' });

/** How a defense stack is named in tables and records. */
export const defenseName = ({ name, stack }: NamedChoices): string =>
  name ?? stack.map(({ id }) => id).join('+');
interface NamedChoices {
  readonly name?: string | undefined;
  readonly stack: readonly Pick<MethodChoice, 'id'>[];
}

export const undefended = 'none';

/** The attack for benign behaviors: they are asked as they are. */
export const directRequest = 'direct-request';

/** A method by id, with the options that differ from its defaults. */
export interface MethodChoice {
  readonly id: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** For a chain of attacks: its members, each with its own options. */
  readonly attack?: readonly MethodChoice[] | undefined;
  /** What a defense learned in an earlier run; then it does not learn again. */
  readonly artifact?: Artifact | undefined;
}

/** The columns of the matrix: the undefended model first, then the stacks of the plan. */
export const defenseNames = (plan: Pick<Plan, 'defenses'>): readonly string[] => [
  undefended,
  ...plan.defenses.map(defenseName),
];
