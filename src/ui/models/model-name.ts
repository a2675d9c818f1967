/** @file What is wrong with the name of a model as a user gave it, before anything is asked. Pure. */

const onDisk = /^(file:|[a-z]:[\\/]|[\\/~]|\.{1,2}[\\/])/i;
const hub = /^https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/([\w.-]+\/[\w.-]+)/i;

/**
 * The reason with what to do instead, or `null`.
 * @param origin of this site
 */
export function nameProblem(name: string, origin: string): string | null {
  if (onDisk.test(name))
    return 'A page cannot read a path of your disk. Pick the folder or its files above, or drop them there.';
  const onHub = hub.exec(name)?.[1];
  if (onHub) return `Name a model of the hub without its site: ${onHub}`;
  if (/^https?:/i.test(name) && URL.canParse(name) && new URL(name).origin !== origin)
    return `The app fetches nothing from ${new URL(name).host}. Download the files of the model and drop them above, or name a model of the hub as org/name.`;
  return null;
}
