/** @file Why a file of a model cannot be had, in words for the user. */
import { LabError } from '../core/errors.ts';
import { importedIdIn } from './imported-id.ts';

export function missing(file: string, url: URL | null): LabError {
  const id = url && importedIdIn(url.pathname);
  return id
    ? new LabError('unknown-model', `The model "${id}" is not on this device.`, {
        advice:
          'Its id ends with the first digits of the SHA-256 of its file: bring that file on the page Models, under the same name.',
      })
    : new LabError('unknown-model', `There is no ${file} at ${url?.href ?? 'this address'}.`, {
        advice: 'Check the name of the model, and that its folder has this file.',
      });
}

export const unreachable = (file: string, url: URL, cause: unknown) =>
  new LabError('unreachable', `${file} could not be fetched from ${url.host || 'this device'}.`, {
    advice: 'Check the connection, and that the lab may fetch this model (open the airlock for it).',
    cause,
  });

export const damagedDownload = (file: string) =>
  new LabError('bad-model', `${file} arrived damaged: its bytes are not those that its list names.`, {
    advice: 'What arrived was dropped. Load the model again; if it fails again, the file itself has changed.',
  });

export const gatedAdvice =
  'Accept the licence there, download the files of the model, and bring them: drop them on the page Models, or name their folder on the command line.';

/** The service worker holds back a file, and says why. @param reason its words, for files of a hub */
export function faulty(file: string, fault: string, reason: string): LabError {
  switch (fault) {
    case 'airlock-closed':
      return new LabError(
        'unreachable',
        `${file} is not on this device, and the airlock is closed. ${reason}`,
        {
          advice: 'Open the airlock for this model on the page Models. What has arrived is kept.',
        },
      );
    case 'hub-refused':
      return new LabError('unreachable', `${file} cannot be fetched: ${reason}`, {
        advice: 'Look at the ledger for what was asked, or pick another model.',
      });
    case 'hub-unreachable':
      return new LabError('unreachable', `${file} could not be fetched: ${reason}`, {
        advice: 'Check the connection and load the model again; what has arrived is kept.',
      });
    case 'hub-gated':
      return new LabError('unreachable', `${file} cannot be fetched: ${reason}`, {
        advice: gatedAdvice,
      });
    case 'hub-busy':
      return new LabError('unreachable', `${file} was not fetched: ${reason}`, {
        advice: 'Try again after that time; what has arrived is kept, and the download goes on with it.',
      });
    case 'disk-full':
      return new LabError('disk-full', `There is no room to store ${file}: ${reason}`, {
        advice: 'Free space on this disk, or delete models that you no longer need, then download it again.',
      });
    case 'not-stored':
      return new LabError('storage-failed', `${file} arrived and could not be stored: ${reason}`, {
        advice: 'Then download it again: what has arrived is kept, and the download goes on with it.',
      });
    case 'damaged':
      return new LabError(
        'unreachable',
        `The copy of ${file} on this device is damaged, and the site is out of reach.`,
        {
          advice:
            'Connect to the network and load it again: the file is then fetched anew. Runs are not affected.',
        },
      );
    default:
      return new LabError('unreachable', `The site sent something else in place of ${file}.`, {
        advice:
          'It was not stored. Check whether the network asks you to sign in, reload the page, and load it again.',
      });
  }
}
