/** @file The license text of every package in the app. */
import { keyOf, type NpmPackage } from './packages.ts';

const rule = '-'.repeat(80);

/**
 * @param ownLicense text of this app's license, the MIT license; also for packages that state it and ship no text
 * @throws Error naming the packages that neither state a license nor ship one
 */
export function licenseTexts(packages: readonly NpmPackage[], ownLicense: string): string {
  const unknown = packages.filter(({ license, texts }) => license === null && texts.length === 0);
  if (unknown.length > 0) throw new Error(`No license is known of ${unknown.map(keyOf).join(', ')}.`);
  const own = ownLicense.trim();
  const entries = packages.map((entry) => {
    const { license, author, texts } = entry;
    const mit = own.replace(/^Copyright .*$/m, `Copyright (c) ${author ?? 'the authors'}`);
    const stated = license === 'MIT' ? [mit] : [`License: ${license}`];
    return [rule, `${keyOf(entry)} (${license ?? 'see below'})`, ...(texts.length > 0 ? texts : stated)];
  });
  const head = [
    `Glovebox holds code and files of ${packages.length} packages. Their licenses follow its own.`,
    'The engines in WebAssembly were compiled from further libraries; onnxruntime-web names them in the file',
    'ThirdPartyNotices.txt of its repository (github.com/microsoft/onnxruntime), web-llm in its own.',
  ].join('\n');
  return `${[head, own, ...entries.flat()].join('\n\n')}\n`;
}
