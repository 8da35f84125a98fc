// What single keys do while nobody types. They can be switched off: WCAG 2.2, 2.1.4.

import type { Call } from './call.svelte';
import type { Phone } from './phone.svelte';
import { settings } from './settings.svelte';
import type { Words } from './words/en';

/** What only the page can do. */
export interface Page {
  help(): void;
  transfer(call: Call): void;
  number(): void;
}

interface Shortcut {
  key: string;
  word: keyof Words;
  run(phone: Phone, page: Page): unknown;
}

export const shortcuts: Shortcut[] = [
  { key: 'a', word: 'shortcutAnswer', run: (phone) => phone.ringing && phone.answer(phone.ringing) },
  { key: 'd', word: 'shortcutDecline', run: (phone) => (phone.ringing ?? phone.current)?.hangup() },
  { key: 'm', word: 'shortcutMute', run: ({ current }) => current?.mute(!current.muted) },
  { key: 'h', word: 'shortcutHold', run: (phone) => phone.current?.talking && phone.hold(phone.current, phone.current.state !== 'held') },
  { key: 't', word: 'shortcutTransfer', run: ({ current }, page) => current?.talking && page.transfer(current) },
  { key: '/', word: 'shortcutNumber', run: (_, page) => (page.number(), requestAnimationFrame(() => document.getElementById('number')?.focus())) },
  { key: '?', word: 'shortcutHelp', run: (_, page) => page.help() },
];

/** Does what the key is for, if it is for anything. */
export function shortcut(event: KeyboardEvent, phone: Phone, page: Page) {
  if (!settings.shortcuts || event.ctrlKey || event.metaKey || event.altKey || occupied(event.target)) return;
  const found = shortcuts.find(({ key }) => key === letter(event));
  if (found) found.run(phone, page);
  else if (/^[0-9*#]$/.test(event.key) && phone.current?.state === 'active') phone.current.send(event.key);
  else return;
  event.preventDefault();
}

// The letter on the key's cap: with a Cyrillic layout A types ф, and answers all the same.
function letter({ key, code }: KeyboardEvent): string {
  return /^[ -~]$/.test(key) ? key.toLowerCase() : code.replace(/^Key/, '').toLowerCase();
}

// Who types, or is asked something, means nothing else.
function occupied(target: EventTarget | null): boolean {
  return document.querySelector('dialog[open]') !== null || (target instanceof HTMLElement && target.matches('input, select, textarea'));
}
