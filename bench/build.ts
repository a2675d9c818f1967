/** @file Builds a page of the benchmarks: as the app is built, but without a service worker, which they do not use. */
import { join } from 'node:path';
import { build, loadConfigFromFile, mergeConfig, type PluginOption, type UserConfig } from 'vite';

/** Every plug-in but those of the service worker, which would list the packages of an app that is not there. */
async function withoutServiceWorker(option: PluginOption): Promise<PluginOption> {
  const plugin = await option;
  if (Array.isArray(plugin)) return Promise.all(plugin.map(withoutServiceWorker));
  return plugin && plugin.name.startsWith('vite-plugin-pwa') ? null : plugin;
}

/** @param input path of the page, from `root` @param folder that is emptied and filled */
export async function buildPage(root: string, input: string, folder: string): Promise<void> {
  process.env['NODE_ENV'] = 'production';
  const env = { command: 'build', mode: 'production' } as const;
  const loaded = await loadConfigFromFile(env, join(root, 'vite.config.ts'), root, 'error');
  const config: UserConfig = { ...loaded!.config };
  config.plugins = [await withoutServiceWorker(config.plugins ?? [])];
  await build(
    mergeConfig(config, {
      ...{ root, configFile: false, logLevel: 'error' },
      build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: join(root, input) } },
    }),
  );
}
