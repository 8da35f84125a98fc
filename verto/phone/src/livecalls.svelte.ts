// The calls in progress of the house, as far as one may see them: live arrays of Switchgram, of all calls or one for each line.

import { fields, text, type Fields } from './socket';
import { Table, type Ask } from './table';

/** What somebody wrote about a call. */
export interface Note {
  /** Milliseconds of the epoch. */
  at: number;
  by: string;
  text: string;
}

export interface LiveCall {
  id: string;
  line: string;
  from: string;
  to: string;
  /** waiting, dialling, ringing, connecting or talking. */
  state: string;
  /** Milliseconds of the epoch. */
  since: number;
  /** How it sounds, 1 to 4.5 as people would say (MOS); 0: not known. */
  mos: number;
  /** Oldest first. */
  notes: Note[];
}

export class LiveCalls {
  /** Undefined for those who may not see any. */
  list = $state.raw<LiveCall[]>();
  readonly #ask: Ask;
  #tables: Table[] = [];

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Watches channels, after each login. */
  watch(channels: string[]) {
    this.#tables = channels.map((channel) => new Table(this.#ask, channel));
    this.list = channels.length > 0 ? [] : undefined;
    for (const table of this.#tables) void table.watch();
  }

  hear(params: Fields) {
    const table = this.#tables.find(({ channel }) => channel === params.eventChannel);
    if (!table) return;
    table.hear(fields(params.data));
    this.list = this.#tables.flatMap(({ rows }) => [...rows].map(([id, row]) => liveCall(id, row)));
  }

  /** Writes a note on a call. */
  async note(call: string, words: string) {
    await this.#ask('jsapi', { command: 'note', data: { call, text: words } });
  }
}

// A row of Switchgram: id, line, from, to, state, since (ms of the epoch), legs, quality (MOS), notes.
function liveCall(id: string, row: unknown[]): LiveCall {
  const [, line, from, to, state, since, , mos, notes] = row;
  return {
    id, line: text(line), from: text(from), to: text(to), state: text(state), since: Number(since) || 0, mos: Number(mos) || 0,
    notes: (Array.isArray(notes) ? notes.map(fields) : []).map((n) => ({ at: Number(n.at) || 0, by: text(n.by), text: text(n.text) })),
  };
}
