/** @file Entry `glovebox/transformers`: models that an app loaded with transformers.js. */
export {
  fromTextClassification,
  fromTextGeneration,
  type LoadedPipeline,
  type PipelineOptions,
} from '../models/runtimes/transformers/pipeline.ts';
