import { expect, test } from 'vitest';
import { OpenedFiles, type LaunchQueue } from '../../../src/ui/links/opened-files.svelte.ts';
import type { Route } from '../../../src/ui/links/routes.ts';

test('files that the app is opened with reach the page that reads them, once', async () => {
  const routes: Route[] = [];
  let launch: Parameters<LaunchQueue['setConsumer']>[0] | null = null;
  const opened = new OpenedFiles(
    { go: (route) => void routes.push(route) },
    { setConsumer: (consumer) => (launch = consumer) },
  );
  const [model, bundle] = [new File(['a'], 'Tiny.GGUF'), new File(['b'], 'run.glovebox')];
  launch!({ files: [model, bundle].map((file) => ({ getFile: async () => file })) });
  await expect.poll(() => routes).toEqual([{ page: 'models' }]);
  expect(opened.take('models')).toEqual([model]);
  expect(opened.take('models')).toEqual([]);
  expect(opened.take('matrix')).toEqual([bundle]);
  launch!({ files: [] });
  opened.open([new File(['{}'], 'plan.json')]);
  expect(routes.at(-1)).toEqual({ page: 'matrix', run: null, cell: null });
});
