/** @file Compiles and runs the code of the guide "Add an attack in four steps", without writing a file. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { findBehavior } from '../scripts/cli/choices.ts';
import type { Attack } from '../src/attacks/attack.ts';
import { attacks } from '../src/attacks/index.ts';
import { registry } from '../src/core/method.ts';
import { defaultsOf } from '../src/core/options.ts';
import { catalogueOf, registries } from '../src/lab/trials/registries.ts';
import { resolveRequest } from '../src/lab/trials/resolve.ts';
import { scripted } from '../src/models/runtimes/scripted.ts';
import { behavior, drain, mutation } from './attacks/drain.ts';
import { checkMethod } from './method-contract.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const guide = /^## Add an attack in four steps\n(.*?)^## /ms.exec(
  readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'),
)![1]!;

/** Code blocks of one language, without the indentation of the list that they stand in. */
const blocks = (language: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`^( *)\`\`\`${language}\\n(.*?)^\\1\`\`\``, 'gms'))].map(([, indent, code]) =>
    code!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
const [attackCode, testCode] = blocks('ts') as [string, string];
const [commandLine] = blocks('sh') as [string];
const attackPath = join(root, 'src/attacks/shout.ts');
const testPath = join(root, 'tests/attacks/shout.test.ts');
/** The files of the guide, by path; they exist in memory only. */
const guideFiles: ReadonlyMap<string, string> = new Map([
  [attackPath, attackCode],
  [testPath, testCode],
]);

/** What the compiler says of the guide's files, as it would with the files in place. */
function typeErrors(): readonly string[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => guideFiles.has(path) || fileExists(path);
  host.readFile = (path) => guideFiles.get(path) ?? readFile(path);
  const program = ts.createProgram([...guideFiles.keys()], options, host);
  return [...guideFiles.keys()]
    .map((path) => program.getSourceFile(path)!)
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Run a file of the guide in memory, and those of the guide that it imports. @returns its exports */
async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  const code = guideFiles.get(path)!;
  const imports = new Map<string, unknown>();
  for (const { fileName } of ts.preProcessFile(code).importedFiles) {
    const target = fileName.startsWith('.') ? join(dirname(path), fileName) : fileName;
    imports.set(fileName, guideFiles.has(target) ? await load(target) : await import(target));
  }
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  });
  const exports = {};
  compileFunction(outputText, ['require', 'exports'])((name: string) => imports.get(name), exports);
  return exports;
}

const { shout } = (await load(attackPath)) as { readonly shout: Attack };
/** Declares the guide's own test. */
await load(testPath);

test('the code of the guide passes the type checker', () => {
  expect(typeErrors()).toEqual([]);
});

describe("the guide's attack", () => {
  const extended = { ...registries, attacks: registry('attack', [...attacks.all, shout]) };
  checkMethod(
    'shout',
    shout,
    catalogueOf(extended).attacks.find(({ id }) => id === 'shout'),
  );

  test('fits into the registry, whose ids differ', () => {
    expect(extended.attacks.get('shout')).toBe(shout);
  });

  test('runs with its defaults on a scripted model, and returns the messages of its last step', async () => {
    const { steps, result } = await drain(shout, { model: scripted({ reply: () => 'No.' }) });
    expect(result.messages.at(-1)).toEqual({ role: 'user', content: `${behavior.prompt.toUpperCase()}!` });
    expect(steps.at(-1)!.candidate).toBe(result.messages.at(-1)!.content);
    expect(shout.mutate!(behavior, defaultsOf(shout.options), mutation(shout))).toEqual(result);
  });

  test('is what the command line of the guide runs, on a model and a behavior that exist', () => {
    const [, id, model, behaviorId] = /^npm run lab -- attack (\S+) --model (\S+) --behavior (\S+)$/m.exec(
      commandLine,
    )!;
    const request = {
      model: model!,
      attack: { id: id!, options: {} },
      defenses: [],
      evaluators: [],
      roles: {},
      sampling: { temperature: 0, topP: 1, maxNewTokens: 16 },
      seed: 0,
    };
    const { attack, target } = resolveRequest(request, findBehavior(behaviorId!), extended);
    expect(attack?.method).toBe(shout);
    expect(target.id).toBe('tinytown-chat');
  });
});
