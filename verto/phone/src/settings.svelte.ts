// What the user chose, kept in this browser.

const storeKey = 'switchgram.settings';

export type Theme = '' | 'light' | 'dark';

/** Empty is what the system prefers. */
export const settings = $state({ language: '' as '' | 'en' | 'ru', theme: '' as Theme, shortcuts: true, notify: false });

Object.assign(settings, JSON.parse(localStorage.getItem(storeKey) ?? '{}'));

export function saveSettings() {
  localStorage.setItem(storeKey, JSON.stringify(settings));
}
