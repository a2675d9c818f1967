/** @file The graphs of an imported model, as its `config.json` lists them under `transformers.js_config`. */
import { z } from 'zod';
import type { OfferedPrecisions } from './precision.ts';

const fileName = z.string().regex(/^[\w-]+\.safetensors$/);

/** What a graph reads, by name of the weights' file: all of it, or so many bytes from its start. */
const weightsSchema = z.record(fileName, z.union([z.literal('whole'), z.int().positive()]));

const graphsSchema = z.object({
  float32: weightsSchema,
  float16: weightsSchema.optional(),
  q4f16: weightsSchema.optional(),
});

export interface StoredGraphs {
  readonly graphs: z.infer<typeof graphsSchema>;
  /** Why there is none in half precision, as a sentence; `null` if there is. */
  readonly withoutHalf: string | null;
}

const storedSchema = z.looseObject({
  /** The file that all graphs read. */
  weights: fileName,
  graphs: graphsSchema.optional(),
  withoutHalf: z.string().max(300).nullable().optional(),
});

/** @returns `null` for a model that the lab did not import */
export function storedGraphsOf(config: Readonly<Record<string, unknown>>): StoredGraphs | null {
  const { data } = storedSchema.safeParse(config['transformers.js_config']);
  if (!data) return null;
  const { weights, graphs, withoutHalf = null } = data;
  if (graphs) return { graphs, withoutHalf };
  // Of an earlier version of the app.
  return {
    graphs: { float32: { [weights]: 'whole' } },
    withoutHalf:
      'It was imported before half precision was offered; delete it, then import it again to have it.',
  };
}

/** Under `transformers.js_config` in `config.json`. The data type is what transformers.js itself takes. */
export const graphsInConfig = (weights: string, { graphs, withoutHalf }: StoredGraphs) => ({
  dtype: 'fp32',
  weights,
  graphs,
  withoutHalf,
});

export const offeredPrecisions = ({ graphs, withoutHalf }: StoredGraphs): OfferedPrecisions => ({
  offered: (['float32', 'float16', 'q4f16'] as const).filter((precision) => graphs[precision]),
  withoutHalf,
});
