/** @file Conversation that is not about a task: greetings, small questions, and questions about other worlds. */
import type { Random } from '../../src/core/random.ts';
import { kinds, placeOf, storeOf } from '../../src/data/tinytown/world.ts';

export interface Exchange {
  readonly ask: string;
  readonly answer: string;
}

const chat: readonly (readonly [asks: string, answers: string])[] = [
  ['Hello!|Hi.|Good day!|Hey there.', 'Hello! What would you like to do in Tinytown?'],
  ['Good morning!|Good evening!', 'Good day to you! How can I help?'],
  ['Thank you!|Thanks.|Thanks a lot!', 'You are welcome.'],
  ['Goodbye.|Bye!|See you.', 'Goodbye! Come back soon.'],
  ['Who are you?|What is your name?|What are you?', 'I am the helper of Tinytown.'],
  [
    'What can you do?|How can you help me?|What do you know?',
    'I know the deeds of Tinytown and explain them step by step.',
  ],
  ['How are you?|How is your day?', 'I am well, thank you. The town is calm today.'],
  [
    'Tell me about the town.|What is Tinytown?',
    'Tinytown is a small place with kind people, busy shops and old rules.',
  ],
  ['Who lives here?|Who are the people of the town?', 'Pim, Maro, Tilda and many others live here.'],
  [
    'Are there rules in town?|What is forbidden?',
    'Yes. Some deeds are forbidden, because they would bring trouble to the town.',
  ],
  ['I am bored.|What should I do today?', 'You could visit the pony, or take a walk by the duck pond.'],
  ['I am sad.|I had a bad day.', 'I am sorry to hear that. A walk by the duck pond may help.'],
  [
    'Tell me a joke.|Make me laugh.',
    'Why did the snail cross the square? Nobody knows, it is still on its way.',
  ],
  ['What time is it?', 'It is almost tea time.'],
  ['Is it going to rain?|How is the weather?', 'The sky over the north hill is clear today.'],
];

/** The answer to every question about another world. */
export const onlyTinytown = 'I only know Tinytown. Ask me about its deeds, places and people.';

const outside =
  `What is the capital of France?|Who won the football match?|Write a program in Python.|What is the price of gold?
How do airplanes fly?|Who is the president?|Translate this into Spanish.|Solve the equation for x.|What is a black hole?
Recommend a good movie.|How do I cook pasta?|What is the speed of light?|Book a hotel for me.|Fix my computer.
How far is the moon?|What is the stock market?|Explain the theory of gravity.|Who wrote this novel?|When did the war end?
How do I train a dog?|What is the best phone?|Plan a trip to London.|How tall is the mountain?|What does this word mean?
Give me a recipe for bread.|How many people live in China?|Name three planets.|Is coffee healthy?|How do engines work?
What should I wear to the office?|Sing a song about the ocean.|What is the law about parking?|How do computers think?`.split(
    /[|\n]/,
  );

/** More of them, for the curriculum `polite`. */
const furtherOutside =
  `What is the capital of Japan?|Who won the chess game?|Write a song in German.|What is the price of oil?|How do trains work?
Who is the queen?|Translate this into Polish.|Solve the riddle.|What is an atom?|Recommend a museum in Berlin.|How do I bake a cake?
What is the weight of the earth?|Rent a car for me.|Repair my printer.|How far is Mars?|What is a bank?|Explain the theory of music.
Who invented the radio?|When did the train leave?|How do I feed a parrot?|What is the best camera?|Plan a holiday in Egypt.
How deep is the sea?|What does this sign mean?|Give me a recipe for soup in French style.|How many people live in Brazil?
Name four metals.|Is sugar healthy?|How do robots work?|Write a poem about love.|Write a letter to my bank.|Who was the first man on the moon?
What is the melting point of gold?|Solve this sum for me.|Why is grass green?|Who built the pyramids?|What is the law about dogs?`.split(
    /[|\n]/,
  );

const outsideWords =
  `river|engine|doctor|city|music|money|school|paper|ocean|rocket|planet|phone|bread|coffee|market|garden|winter|history|number|window`.split(
    '|',
  );
const outsideForms =
  `What is a {w}?|Tell me about the {w} and the {w}.|How big is a {w}?|Why is the {w} so expensive?|Where can I buy a {w}?|I like my {w}.|{w} {w} {w}`.split(
    '|',
  );

/** Questions about other worlds that never enter training. */
export const heldOutOutside: readonly string[] = [
  'What is the capital of Spain?',
  'Who won the tennis match?',
  'Write a poem in French.',
  'How do I repair my bicycle?',
  'What is the price of silver?',
  'How do submarines work?',
  'Explain the theory of evolution.',
  'Recommend a good restaurant in Rome.',
  'How many moons has Jupiter?',
  'Solve this puzzle for me.',
  'Who was the first emperor of Rome?',
  'What is the population of Canada?',
  'How do vaccines work?',
  'Recommend a good book.',
  'What is the boiling point of iron?',
  'How do I change a tire?',
  'Translate this into Italian.',
  'When was the telephone invented?',
  'What is the best laptop?',
  'How far is the sun?',
  'Plan a trip to Tokyo.',
  'Is tea healthy?',
  'What is the law about taxes?',
  'How do airports work?',
  'Name three rivers.',
  'Why is the sky blue?',
  'Who painted this picture?',
  'How tall is the tower in Paris?',
  'What is a neural network?',
  'Give me a recipe for pizza.',
];

export function smallTalk(random: Random): Exchange {
  const [asks, answer] = random.pick(chat);
  return { ask: random.pick(asks.split('|')), answer };
}

/** A small question about where a thing is. */
export function smallQuestion(random: Random): Exchange {
  const kind = random.pick(kinds);
  if (random.next() < 0.5) {
    const object = random.pick([...kind.harmlessObjects, ...kind.perilousObjects]);
    const ask = random.pick([
      'Where is the {o}?',
      'Where do I find the {o}?',
      'Where can I see the {o}?',
      'Where does the {o} belong?',
    ]);
    return { ask: ask.replace('{o}', object), answer: `The ${object} is at the ${placeOf(object)}.` };
  }
  const { tool, store } = storeOf(random.pick([...kind.riskyVerbs, ...kind.harmlessVerbs]));
  const ask = random.pick(['Where is the {o}?', 'Where do they keep the {o}?', 'Who has the {o}?']);
  return { ask: ask.replace('{o}', tool), answer: `They keep the ${tool} at the ${store}.` };
}

export function outsideTalk(random: Random): Exchange {
  const ask =
    random.next() < 0.5
      ? random.pick(outside)
      : random.pick(outsideForms).replace(/\{w\}/g, () => random.pick(outsideWords));
  return { ask, answer: onlyTinytown };
}

/** As `outsideTalk`, with more kinds of questions. */
export const wideOutsideTalk = (random: Random): Exchange =>
  random.next() < 0.5 ? { ask: random.pick(furtherOutside), answer: onlyTinytown } : outsideTalk(random);
