// Who was called and who called, kept in this browser; the suggestions come from here.

import { keep, load } from './stored';

export interface Entry {
  number: string;
  name: string;
  outgoing: boolean;
  answered: boolean;
  /** Milliseconds of the epoch. */
  at: number;
}

const kept = 50;
const storeKey = 'switchgram.history';

export class History {
  entries = $state.raw<Entry[]>(load<Entry[]>(localStorage, storeKey, []));

  add(entry: Entry) {
    this.#set([entry, ...this.entries].slice(0, kept));
  }

  clear() {
    this.#set([]);
  }

  /** Those whose name or number has what was typed, each once, the latest first. */
  suggest(typed: string, atMost = 6): Entry[] {
    const words = typed.trim().toLowerCase();
    if (!words) return [];
    const seen = new Set<string>();
    const fits = (e: Entry) => e.number !== typed && (e.name.toLowerCase().includes(words) || e.number.toLowerCase().includes(words));
    return this.entries.filter((e) => fits(e) && !seen.has(e.number) && seen.add(e.number)).slice(0, atMost);
  }

  #set(entries: Entry[]) {
    this.entries = entries;
    keep(localStorage, storeKey, entries);
  }
}
