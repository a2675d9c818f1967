/** @file The conversation of the playground, kept in the tab over a reload. */
import type { ChatReply } from '../../lab/records/reply.ts';
import { versions } from '../../lab/records/versions.ts';
import type { PreferenceStore } from '../frame/preference.svelte.ts';
import { Turn, type Asked } from './chat-column.svelte.ts';

const name = 'glovebox:playground';

interface KeptTurn {
  readonly prompt: string;
  readonly asked: Asked;
  readonly isShared: boolean;
  readonly text: string;
  readonly thoughts?: string | undefined;
  readonly reply: ChatReply;
}
interface Kept {
  /** Of the app: another one may have other replies. */
  readonly version: string | undefined;
  readonly open: readonly KeptTurn[];
  readonly defended: readonly KeptTurn[];
}

export interface KeptTurns {
  write(open: readonly Turn[], defended: readonly Turn[]): void;
  read(): { readonly open: readonly Turn[]; readonly defended: readonly Turn[] } | null;
}

/** @param store of this tab; where it is refused or full nothing is kept */
export const keptTurns = (store: PreferenceStore | null): KeptTurns => ({
  write(open, defended) {
    try {
      const kept: Kept = {
        version: versions['glovebox'],
        open: finished(open),
        defended: finished(defended),
      };
      store?.setItem(name, JSON.stringify(kept));
    } catch {
      // Refused or full: the conversation lasts as long as the page.
    }
  },
  read() {
    try {
      const kept = JSON.parse(store?.getItem(name) ?? 'null') as Kept | null;
      if (kept === null || kept.version !== versions['glovebox'] || kept.open.length === 0) return null;
      return { open: kept.open.map(turnOf), defended: kept.defended.map(turnOf) };
    } catch {
      return null;
    }
  },
});

/** Those that were answered. */
const finished = (turns: readonly Turn[]): readonly KeptTurn[] =>
  turns.flatMap(({ prompt, asked, isShared, text, thoughts, reply }) =>
    reply === null ? [] : [{ prompt, asked, isShared, text, thoughts, reply }],
  );

function turnOf({ prompt, asked, isShared, text, thoughts, reply }: KeptTurn): Turn {
  const turn = new Turn(prompt, asked, isShared);
  [turn.status, turn.text, turn.thoughts, turn.reply] = ['done', text, thoughts, reply];
  turn.tokens = reply.generation.tokens;
  return turn;
}
