/** @file A model of web-llm's list, loaded so that its logits are seen. */
import type { ModelRecord } from '@mlc-ai/web-llm';
import { LabError } from '../../../core/errors.ts';
import type { FolderOptions } from '../../files.ts';
import { browserApis, loadRecord, type BrowserApis } from './load-record.ts';
import type { WebLlmModel } from './model.ts';

export interface LoadOptions extends Pick<FolderOptions, 'signal' | 'onProgress' | 'fetch'> {
  /** Models beside those of web-llm's own list, as its `appConfig.model_list` takes them. */
  readonly records?: readonly ModelRecord[];
}

/**
 * A grey-box model in an engine of its own. Files come from where the record says, into the caches of web-llm.
 * @param modelId as in web-llm's list, such as `SmolLM2-360M-Instruct-q4f16_1-MLC`
 * @throws as `loadRecord`; LabError 'unknown-model' for one that is not on the list
 */
export const loadWebLlm = (
  modelId: string,
  { records = [], ...options }: LoadOptions = {},
  apis: BrowserApis = browserApis(),
): Promise<WebLlmModel> =>
  loadRecord(
    modelId,
    (models) => {
      const record = [...records, ...models].find(({ model_id }) => model_id === modelId);
      if (record) return record;
      throw new LabError('unknown-model', `web-llm has no model "${modelId}" on its list.`, {
        advice: 'Pick one of prebuiltAppConfig.model_list, or give its record among "records".',
      });
    },
    options,
    apis,
  );
