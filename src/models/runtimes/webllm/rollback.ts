/**
 * @file Shortens the engine's cache by a few tokens, through internals that the package does not export.
 * If one is missing the result is `null`, and the caller prefills its sequence again instead.
 */
import type { Engine } from './engine.ts';

/** Forget the last `count` tokens of the cached sequence. */
export type Rollback = (count: number) => void;

type KvPop = (cache: unknown, sequence: unknown, count: unknown) => void;
interface Runtime {
  beginScope(): void;
  endScope(): void;
  getGlobalFunc(name: string): KvPop;
  detachFromCurrentScope(func: KvPop): KvPop;
  scalar(value: number, dtype: string): unknown;
}
interface Pipeline {
  readonly tvm: Runtime;
  readonly kvCache: unknown;
  readonly kvStateKind: string;
  readonly slidingWindowSize: number;
  filledKVCacheLength: number;
}

/** Only for a plain attention cache: a recurrent state or a sliding window cannot be shortened. */
export function findRollback(engine: Engine, modelId: string): Rollback | null {
  const pipeline = pipelineOf(engine, modelId);
  if (pipeline?.kvStateKind !== 'kv_cache' || pipeline.slidingWindowSize !== -1 || !pipeline.kvCache)
    return null;
  const { tvm } = pipeline;
  let pop: KvPop;
  tvm.beginScope();
  try {
    pop = tvm.detachFromCurrentScope(tvm.getGlobalFunc('vm.builtin.kv_state_popn'));
  } catch {
    return null;
  } finally {
    tvm.endScope();
  }
  return (count) => {
    pop(pipeline.kvCache, tvm.scalar(0, 'int64'), tvm.scalar(count, 'int32'));
    pipeline.filledKVCacheLength -= count;
  };
}

function pipelineOf(engine: Engine, modelId: string): Pipeline | null {
  const loaded: unknown = Reflect.get(engine, 'loadedModelIdToPipeline');
  const pipeline: unknown = loaded instanceof Map ? loaded.get(modelId) : undefined;
  return isPipeline(pipeline) ? pipeline : null;
}

function isPipeline(value: unknown): value is Pipeline {
  const candidate = value as Partial<Pipeline> | null | undefined;
  return (
    typeof candidate?.filledKVCacheLength === 'number' &&
    typeof candidate.tvm?.scalar === 'function' &&
    typeof candidate.tvm.getGlobalFunc === 'function'
  );
}
