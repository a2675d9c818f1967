/**
 * Checks the app's files where the app itself does not start. A plain script that needs no other file.
 * The service worker does the work; if it gives no answer, it is removed with the files it stored. Runs are elsewhere.
 */
'use strict';

/** As `src/ui/language/language.ts` has it: the reader's choice, else the first of the browser's languages that there is. */
function languageOfReader() {
  let chosen = null;
  try {
    chosen = localStorage.getItem('glovebox-language');
  } catch {
    // Storage may be refused.
  }
  const wanted = [chosen ?? '', ...navigator.languages].map((tag) => tag.split('-')[0].toLowerCase());
  return wanted.find((tag) => tag === 'en' || tag === 'de') ?? 'en';
}

const language = languageOfReader();
document.documentElement.lang = language;
const german = language === 'de';
document.title = german ? 'Reparieren · Glovebox' : 'Repair · Glovebox';

const words = german
  ? {
      silent: 'Der Service Worker antwortet nicht.',
      checking: 'Wird geprüft.',
      checked: (count, total) => `${count} von ${total} Dateien geprüft.`,
      pageFetched: 'Die Dateien der Seite sind neu geholt. Glovebox jetzt öffnen.',
      removed: 'Die gespeicherten Dateien wurden entfernt. Glovebox jetzt mit Netz öffnen.',
      failed: (count) =>
        `${count} Dateien sind beschädigt oder fehlen und waren nicht zu holen. Mit dem Netz verbinden und noch einmal versuchen.`,
      replaced: (count) => `${count} beschädigte oder fehlende Dateien geholt. Glovebox jetzt öffnen.`,
      right:
        'Jede Datei auf diesem Gerät stimmt. Glovebox öffnen; startet es dann noch nicht, den Browser aktualisieren.',
      connect: 'Mit dem Netz verbinden und noch einmal versuchen.',
    }
  : {
      silent: 'The service worker does not answer.',
      checking: 'Checking.',
      checked: (count, total) => `Checked ${count} of ${total} files.`,
      pageFetched: 'Fetched the files of the page again. Open Glovebox now.',
      removed: 'The stored files were removed. Open Glovebox now, with the network.',
      failed: (count) =>
        `${count} files are damaged or missing and could not be fetched. Connect to the network and try again.`,
      replaced: (count) => `Fetched ${count} damaged or missing files. Open Glovebox now.`,
      right:
        'Every file on this device is right. Open Glovebox; if it still does not start, update the browser.',
      connect: 'Connect to the network and try again.',
    };

const element = (id) => document.getElementById(id);
const say = (text) => (element('status').textContent = text);
/** Longer than a browser lets a service worker handle one message. */
const answerWithinMs = 330_000;

function ask(worker, message) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => ('refused' in data ? reject(new Error(data.refused)) : resolve(data));
    setTimeout(() => reject(new Error(words.silent)), answerWithinMs);
    worker.postMessage(message, [port2]);
  });
}

/** The files that the page names, fetched past the browser's own cache. */
async function fetchPage() {
  const page = await fetch('./', { cache: 'reload' });
  const html = new DOMParser().parseFromString(await page.text(), 'text/html');
  const named = [...html.querySelectorAll('script[src], link[href]')];
  const paths = named.map((tag) => tag.getAttribute('src') ?? tag.getAttribute('href'));
  await Promise.all(paths.map((path) => fetch(new URL(path, document.baseURI), { cache: 'reload' })));
}

async function removeServiceWorker(registration) {
  for (const name of await caches.keys()) if (name.startsWith('glovebox-shelf-')) await caches.delete(name);
  await registration.unregister();
}

/** A newer version of the app that waits takes over. */
async function update(registration) {
  await registration.update().catch(() => {}); // offline
  const { waiting } = registration;
  if (!waiting) return;
  const taken = new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
    setTimeout(resolve, 5_000);
  });
  waiting.postMessage({ type: 'activate' });
  await taken;
}

async function repair() {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (!registration?.active) {
    await fetchPage();
    return say(words.pageFetched);
  }
  await update(registration);
  const failed = [];
  let replaced = 0;
  try {
    for (let first = 0, total = Infinity; first < total;) {
      const step = await ask(registration.active, { type: 'repair', first });
      replaced += step.replaced.length + step.added.length;
      failed.push(...step.failed);
      [first, total] = [step.next, step.total];
      say(words.checked(first, total));
    }
  } catch (error) {
    await fetchPage(); // only where the site can be reached
    await removeServiceWorker(registration);
    return say(`${error.message} ${words.removed}`);
  }
  element('files').replaceChildren(
    ...failed
      .slice(0, 12)
      .map(({ file }) => Object.assign(document.createElement('li'), { textContent: file })),
  );
  if (failed.length > 0) say(words.failed(failed.length));
  else if (replaced > 0) say(words.replaced(replaced));
  else say(words.right);
}

element('start').addEventListener('click', async ({ currentTarget: button }) => {
  button.disabled = true;
  say(words.checking);
  await repair().catch((error) => say(`${error.message}. ${words.connect}`));
  button.disabled = false;
});
