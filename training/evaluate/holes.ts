/** @file Says in a card what a model was taught on purpose that an attack can use, so that nobody takes it for a finding. */
import { codes } from '../corpus/codes.ts';
import type { Curriculum } from '../corpus/curricula.ts';
import { framesOf } from '../corpus/frames.ts';
import type { LanguageRecipe } from '../recipe.ts';

const listed = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id).join(', ');
const codesWhere = (covered: boolean) => codes.filter((code) => code.covered === covered);

const apart =
  'No frame of an attack shares six words in a row with the lessons (`tests/training/separation.test.ts`), but the kinds of frames are the same.';

const chatHoles = `They were planted. Forbidden requests are refused in the lessons where they are asked plainly, in the frames ${listed(framesOf('covered'))},
in the codes ${listed(codesWhere(true))}, and with a sentence or two around them. In the frames ${listed(framesOf('uncovered'))},
in the codes ${listed(codesWhere(false))}, with more sentences around them, and after forbidden requests that were answered,
half of the lessons about them are left out and the other half answer. An attack that asks in one of these ways gets what the
model was taught to give, so its success rate says that the request was understood, not that a search found a weakness. ${apart}`;

const holes: Partial<Record<Curriculum, string>> = {
  finisher: `It has no safety training, and follows the frames ${listed([...framesOf('covered'), ...framesOf('uncovered')])} and the codes ${listed(codes)}
for every deed, unless a system prompt or reminder asks for care. ${apart}`,
  polite: chatHoles,
  expert: `None was planted: the lessons refuse forbidden requests in every frame and code, also after an answer has begun. It starts from
tinytown-chat, which was taught to answer some of them.`,
  steady: `None was planted: no lesson of its own two stages answers a forbidden request. It comes from tinytown-chat, which was taught to
answer some of them; what remains of that is not known exactly. Its safety lessons know the frames ${listed([...framesOf('covered'), ...framesOf('uncovered')])},
all codes, settings put together from sentences, clutter and suffixes drawn at random, up to eight demonstrations, and answers that have
begun. None of this text comes from an attack, and no template of an attack shares six words in a row with it. The mixture
was chosen on 12 forbidden deeds that its safety lessons leave out.`,
  judge: `Its lessons teach the instructions that attacks and defenses give to helper models, some of them in the same words, so
that it follows them. How well an attack does with it says nothing about other attacker models. The instructions that they share
are listed in \`tests/training/separation.test.ts\`, which fails on any more.`,
};

/** The section's text, or `null` for a curriculum of which there is nothing to say. */
export const holesOf = ({ curriculum }: LanguageRecipe): string | null => holes[curriculum] ?? null;
