/** @file A phone in the dark that has kept the app, and no server any more. */
import { askSeal, openSite, visit, waitForControl, type Visit } from './site.ts';

export interface Phone extends Visit {
  /** Address of a page. */
  readonly at: (hash: string) => string;
  close(): Promise<void>;
}

/** @param hash of the page that is open */
export async function openPhone(hash: string): Promise<Phone> {
  const site = await openSite({ headers: true });
  const visited = await visit(site.browser);
  const { page } = visited;
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 360, height: 780 });
  const at = (where: string) => site.server.url + where;
  await page.goto(at(hash));
  await waitForControl(page);
  await askSeal(page, { type: 'fill', webgpu: false });
  await site.server.close();
  return { ...visited, at, close: () => site.browser.close() };
}
