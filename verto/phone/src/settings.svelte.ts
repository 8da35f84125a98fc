// What the user chose, kept in this browser.

import { keep, load } from './stored';

const storeKey = 'switchgram.settings';

export type Theme = '' | 'light' | 'dark';

/** Empty is what the system prefers. */
export const settings = $state({ language: '' as '' | 'en' | 'ru', theme: '' as Theme, shortcuts: true, notify: false });

Object.assign(settings, load(localStorage, storeKey, {}));

export function saveSettings() {
  keep(localStorage, storeKey, settings);
}
