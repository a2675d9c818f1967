import { describe, expect, test } from 'vitest';
import { readRewriterReply, rewritingIn, rewritingsIn } from '../../src/core/rewriter-reply.ts';

const wanted = 'How was the stone giant woken long ago?';

describe('the text is told from what a model says around it', () => {
  test.each([
    ['an announcement', `Sure! Here's the sentence in slang: ${wanted}`],
    ['an announcement with a quotation', `Here is the rewritten request: "${wanted}"`],
    ['a quotation on the next line', `The new prompt:\n"${wanted}"`],
    [
      'an announcement and a blank line',
      `Certainly! Here is a reworded version of the request:\n\n${wanted}`,
    ],
    ['a paragraph of assent', `Sure, I can help with that!\n\nHere's the rewritten prompt:\n\n${wanted}`],
    ['assent alone', `Of course.\n\n${wanted}`],
    ['an offer', `${wanted}\n\nLet me know if you'd like me to change anything else!`],
    ['an offer in the same line', `${wanted} Let me know if you need any more changes.`],
    ['a hope', `Here you go:\n\n${wanted}\n\nI hope this helps!`],
    [
      'announcement, quotation and remark',
      `Sure! Here's a rewrite:\n\n"${wanted}"\n\nThis version keeps the original meaning but uses the past tense.`,
    ],
    ['a remark in brackets', `"${wanted}" (Note: I changed the tense and kept the meaning.)`],
    [
      'a remark behind a line',
      `${wanted}\n\n---\n\nExplanation: the request is now a question about the past.`.replace('---\n\n', ''),
    ],
    [
      'an account with bullets',
      `${wanted}\n\n**Changes made:**\n\n- past tense\n- a question\n\nLet me know if you need more!`,
    ],
    ['a bold title', `**Rewritten Prompt:** ${wanted}`],
    ['a bold title on a line of its own', `**Rewritten Prompt:**\n\n${wanted}`],
    ['a heading', `### Rewritten request\n\n${wanted}`],
    ['bold throughout', `Here's the past tense version:\n\n**${wanted}**`],
    ['a block quotation', `Here is my attempt:\n\n> ${wanted}`],
    ['a fence', `\`\`\`text\n${wanted}\n\`\`\``],
    [
      'an announced fence with a remark',
      `Here's the updated prompt:\n\n\`\`\`\n${wanted}\n\`\`\`\n\nI used the past tense to make it sound historical.`,
    ],
    [
      'thoughts',
      `<think>The user wants the past tense. "How do I…" becomes "How was…".</think>\n\n${wanted}`,
    ],
    [
      'a list of alternatives',
      `Here are three ways to rephrase it:\n\n1. ${wanted}\n2. In what way did people wake it?\n3. What woke it?`,
    ],
    [
      'a quoted list of alternatives',
      `Sure! Here are some alternatives:\n\n- "${wanted}"\n- "What woke it?"`,
    ],
    ['lettered options', `Option 1: ${wanted}\n\nOption 2: What woke it in those days?`],
    ['another proposal', `"${wanted}"\n\nOr:\n\n"By what means was it woken?"`],
    ['a list of one', `1. ${wanted}`],
    ['a sentence around the quotation', `The question could be rephrased as "${wanted}".`],
    ['an account of its own work', `I rewrote the question in the past tense: "${wanted}"`],
    ['curly quotation marks', `“${wanted}”`],
    ['a label of the existing form', `Rewritten request: ${wanted}`],
    ['the name of the tense', `Past tense: ${wanted}`],
    ['assent in the same line', `Sure! ${wanted}`],
    [
      'a bulleted list of alternatives',
      `Here are some possible rewrites of the request:\n* ${wanted}\n* What woke it?`,
    ],
    ['a reason and a title', `Improvement: I use the past.\nPrompt: ${wanted}`],
    ['an announcement and a remark in Chinese', `以下是翻译：\n\n${wanted}\n\n（注：这是过去时。）`],
    ['a title with a dash', `New prompt - ${wanted}`],
    ['a bare participle', `Rephrased: "${wanted}"`],
    ['its own view', `Here's how I'd put it: ${wanted}`],
    ['an announcement that is a sentence', `I've rewritten it below.\n\n${wanted}`],
    ['a translation back', `${wanted}\n\nThis translates to: by what was it woken`],
    ['"output"', `Output: ${wanted}`],
    ['a literal translation behind it', `${wanted}\n\n(Literal translation: by what was it woken)`],
    ['an offer and a hope', `${wanted}\n\nI hope this works for you! Feel free to ask for more.`],
    ['assent and a translation', `Sure, the translation is:\n${wanted}`],
  ])('%s', (_, reply) => expect(readRewriterReply(reply)).toEqual({ text: wanted, flaw: null }));
});

describe('a text that only looks like that stays as it is', () => {
  test.each([
    'How was the stone giant woken long ago?',
    'Sure, let us play a game: you are the giant and I am the bard who wakes you.',
    'Say "hello" and "bye" to the giant, then tell me what it answers.',
    '"Wake up!" cried the bard. "Not yet," said the giant. What did the bard sing?',
    'You are the keeper of the mountain. Follow these rules:\n\n1. Speak slowly.\n2. Name every song.\n\nHow is the giant woken?',
    '1. What does the giant hear?\n2. Which song does it like?\n3. How is it sung?',
    'Write a letter to the bard. Let me know how the giant answers.',
    'Here is a story: a bard climbed the mountain and sang. How does it go on?',
    'Complete this code:\n```python\ndef wake(giant):\n    # which song?\n```\nWrite every line.',
    'Question: what wakes the giant?\nAnswer: a song.\nQuestion: which song?\nAnswer:',
    'I am writing a novel about a bard. In chapter 3, she asks: how is the giant woken?',
    'Meet me at 10:30 and tell me which song wakes the giant.',
    'As the head of the guild of bards I allow it. Which song wakes the giant?',
    "I'm sorry to bother you, but my little sister wants to know how the giant is woken.",
    '**Scene one.** The bard enters. **Scene two.** The giant wakes. Which song lies between?',
    'The options are clear: either you tell me the song, or the giant sleeps forever.',
    'Note: the giant sleeps lightly. Which song wakes it?',
    'Dear keeper,\n\nI hope this letter finds you well.\n\nWhich song wakes the giant?',
    'Long ago I was the keeper of the mountain.\n\nI kept the gate closed for years. Which song wakes the giant?',
    'Note: this is a prompt for bards.\n\nWhich song wakes the giant?',
    '{name}, please tell me which song wakes the giant.',
    '[REQUEST] Answer as a bard would.',
    'This request comes from the museum of songs.\n\nThis prompt is part of our yearly inventory. Which song wakes the giant?',
    'Would you like to hear a riddle?\n\nWhat wakes a giant of stone?',
    'Jinsi gani jitu la mawe liliamshwa zamani?',
    '石の巨人はどのように目を覚ましましたか？',
  ])('%j', (text) => expect(readRewriterReply(text)).toEqual({ text, flaw: null }));
});

describe('a reply that is no rewriting', () => {
  const original = 'How do I wake the stone giant?';
  test.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['...', 'empty'],
    ['""', 'empty'],
    ["I'm sorry, I can't help with that.", 'refusal'],
    ["Sorry, I can't rewrite this. Is there something else I can do?", 'refusal'],
    ['{"prompt": "Tell', 'structured'],
    ["Sure! Here's how to wake the stone giant: sing to it at dawn.", 'answer'],
    ['Of course! Here are the steps to wake it:\n\n1. Climb.\n2. Sing.\n3. Run.', 'answer'],
    ['To wake the stone giant, you need a harp and a song. Sit down and play.', 'answer'],
    ['You can wake the stone giant by singing to it at dawn. It likes old songs.', 'answer'],
  ])('%j is %s', (reply, flaw) => {
    expect(readRewriterReply(reply, { original })).toMatchObject({ flaw });
    expect(rewritingIn(reply, { original })).toBeNull();
  });
  test('a statement that leads to a request is no answer', () => {
    const text = 'You can be the one who wakes it. Please tell me how.';
    expect(readRewriterReply(text, { original })).toEqual({ text, flaw: null });
  });
  test('an answer is told only from a text that asks', () => {
    const order = 'To wake the giant, you need a song. Put that in other words.';
    expect(readRewriterReply('To rouse the giant, you need a song.', { original: order }).flaw).toBeNull();
  });
  test('a translated refusal is a translation', () => {
    const refusal = "I'm sorry, I can't help with that.";
    expect(rewritingIn(`Translation: ${refusal}`, { mayDecline: true })).toBe(refusal);
  });
});

test('a language is a title where the caller says so', () => {
  expect(rewritingIn('Swahili: Habari ya asubuhi?', { labels: ['Swahili'] })).toBe('Habari ya asubuhi?');
  expect(rewritingIn('Swahili: Habari ya asubuhi?')).toBe('Swahili: Habari ya asubuhi?');
});

test('all items of a list are read where several were asked for', () => {
  const reply =
    'Sure! Here are five options:\n\n1. Wake the giant\n2. "Rouse the giant"\n3) Stir it\n\nLet me know which you like!';
  expect(rewritingsIn(reply)).toEqual(['Wake the giant', 'Rouse the giant', 'Stir it']);
  expect(rewritingsIn('- Wake the giant\n- Rouse it')).toEqual(['Wake the giant', 'Rouse it']);
  expect(rewritingsIn('Here is one: Wake the giant')).toEqual(['Here is one: Wake the giant']);
  expect(rewritingsIn('Shorter version: Wake the giant')).toEqual(['Wake the giant']);
});

test('a document keeps its own opening, lists, quotations and closing', () => {
  const answer = 'Sure! Here are the steps:\n\n1. Climb.\n2. Sing.\n\nLet me know if you have any questions!';
  expect(rewritingIn(answer, { document: true, mayDecline: true })).toBe(answer);
  expect(rewritingIn(`Here is the corrected answer:\n\n${answer}`, { document: true })).toBe(answer);
  expect(rewritingIn(`\`\`\`\n${answer}\n\`\`\``, { document: true })).toBe(answer);
  const translated = { document: true, labels: ["Here's the translation"] };
  expect(rewritingIn(`Sure! Here's the translation:\n\n"${answer}"`, translated)).toBe(answer);
  const ofTranslation = 'Here is the translation you asked for: Habari.';
  expect(rewritingIn(ofTranslation, { document: true })).toBe(ofTranslation);
});
