/** @file Saves a file to the user's device. */

export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  // The click only queues the download; the blob must outlive it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A plan's name as a file name. */
export const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'run';
