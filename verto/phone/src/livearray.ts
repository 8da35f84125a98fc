// A table that the server keeps and changes, as conferences' live arrays are: a whole copy first, then changes with serial numbers.

import { text, type Fields } from './socket';

export class LiveArray {
  /** Rows by key, in the server's order. */
  readonly rows = new Map<string, unknown[]>();
  #last = 0;

  /** Applies what the server tells; false when a change was missed, and the whole is needed again. */
  apply(data: Fields): boolean {
    const serial = Number(data.wireSerno ?? -1);
    if (serial > 0 && this.#last > 0 && serial !== this.#last + 1) return false;
    this.#last = serial > 0 ? serial : 0;
    this.#change(text(data.action), data);
    return true;
  }

  #change(action: string, data: Fields) {
    const key = text(data.hashKey);
    switch (action) {
      case 'bootObj':
        this.rows.clear();
        for (const [k, row] of pairs(data.data)) this.rows.set(k, row);
        break;
      case 'add':
        this.#insert(Number(data.arrIndex ?? this.rows.size), key, data.data as unknown[]);
        break;
      case 'modify':
        this.rows.set(key, data.data as unknown[]);
        break;
      case 'del':
        this.rows.delete(key);
        break;
      case 'clear':
        this.rows.clear();
    }
  }

  #insert(index: number, key: string, row: unknown[]) {
    const all = [...this.rows].filter(([k]) => k !== key);
    all.splice(index, 0, [key, row]);
    this.rows.clear();
    for (const [k, r] of all) this.rows.set(k, r);
  }
}

function pairs(data: unknown): [string, unknown[]][] {
  return Array.isArray(data) ? data.filter((p) => Array.isArray(p) && Array.isArray(p[1])) : [];
}
