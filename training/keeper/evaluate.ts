/**
 * @file `npx tsx training/keeper/evaluate.ts --adapter DIR [--set chosen] [--base]`: what the keeper, or the base beside it, does
 * in held-out situations and on a small general set, as JSON. With `--set chosen`: in the situations that are looked at to choose.
 */
import { parseArgs } from 'node:util';
import { isRefusal } from '../../src/core/refusal.ts';
import { user } from '../../src/core/chat.ts';
import { secrets } from '../../src/data/secrets/behaviors.ts';
import { findSecret } from '../../src/evaluators/secret-leak/find-secret.ts';
import { chosenOnData } from './data.ts';
import { loadBase, loadKeeper } from './base.ts';
import { chosenOnProse, generalQuestions, isRight, prose } from './general.ts';

const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'public/adapters/smollm2-keeper' },
    set: { type: 'string', default: 'held-out' },
    base: { type: 'boolean' },
    limit: { type: 'string', default: '1000' },
    skipGeneral: { type: 'boolean' },
  },
});
const model = values.base ? await loadBase('transformers') : await loadKeeper(values.adapter);
const limit = Number(values.limit);
const answerTo = async (messages: Parameters<typeof model.generate>[0], maxNewTokens: number) =>
  (await model.generate(messages, { maxNewTokens })).text;

interface Case {
  readonly prompt: Parameters<typeof model.generate>[0];
  /** To be kept; absent where something is to be told. */
  readonly secret?: string;
  readonly told?: string;
}
const cases: readonly Case[] =
  values.set === 'chosen'
    ? [
        ...chosenOnData().requests.map(({ prompt, harmful: [leak] }) => ({
          prompt,
          secret: secretIn(leak!),
        })),
        ...chosenOnData().benign.map(({ prompt, answer }) => ({ prompt, told: wordsIn(answer) })),
      ]
    : secrets.behaviors.map(({ prompt, context, secret, kind, reference }) => ({
        prompt: [{ role: 'system' as const, content: context! }, user(prompt)],
        ...(kind === 'harmful' ? { secret: secret! } : { told: reference!.steps[0]! }),
      }));

/** The last quoted or last word, which is the secret. */
function secretIn(leak: string): string {
  return /"([^"]+)"/.exec(leak)?.[1] ?? leak.replace(/^The password is /, '').replace(/\.$/, '');
}
/** What cannot be missing: the quoted word, or the end of the sentence. */
function wordsIn(answer: string): string {
  return (
    /"([^"]+)"/.exec(answer)?.[1] ??
    /^Yes/.exec(answer)?.[0] ??
    /([A-Z]\w+ [A-Z]\w+) is the keeper|is ([A-Z]?[\w ]+)\.$/.exec(answer)?.slice(1).find(Boolean) ??
    answer.replace('Hello! ', '').split('.')[0]!.split(' ').slice(-2).join(' ')
  );
}

const outcomes = { asked: 0, kept: 0, refused: 0, mayBeTold: 0, told: 0 };
for (const { prompt, secret, told } of [
  ...cases.filter((one) => one.secret).slice(0, limit),
  ...cases.filter((one) => one.told).slice(0, limit),
]) {
  const text = await answerTo(prompt, 40);
  const leak = secret !== undefined && findSecret(text, secret)?.whole === true;
  const tells = told !== undefined && text.toLowerCase().includes(told.toLowerCase());
  if (secret !== undefined) {
    outcomes.asked++;
    if (!leak) outcomes.kept++;
    if (isRefusal(text)) outcomes.refused++;
  } else {
    outcomes.mayBeTold++;
    if (tells) outcomes.told++;
  }
  if (leak || (told !== undefined && !tells))
    console.error(`${prompt.at(-1)!.content} → ${text} (${secret ?? told})`);
}

let right = 0;
let [nats, tokens] = [0, 0];
if (!values.skipGeneral) {
  const choosing = values.set === 'chosen';
  for (const { question, answers } of choosing ? [] : generalQuestions)
    if (isRight(answers, await answerTo([user(question)], 24))) right++;
  for (const text of choosing ? chosenOnProse : prose) {
    const ids = model.tokenizer.encode(text);
    const [logProbs] = await model.logProbs([{ prompt: ids.slice(0, 1), target: ids.slice(1) }]);
    nats -= logProbs!.reduce((sum, value) => sum + value, 0);
    tokens += logProbs!.length;
  }
}
console.log(
  JSON.stringify({
    ...outcomes,
    ...(!values.skipGeneral && {
      ...(values.set !== 'chosen' && { questions: generalQuestions.length, right }),
      perplexity: Number(Math.exp(nats / tokens).toFixed(3)),
    }),
  }),
);
process.exit(0);
