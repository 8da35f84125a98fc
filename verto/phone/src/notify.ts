// Notifications of the desktop, while the page is not seen.

import type { Call } from './call.svelte';
import { details, title } from './party';
import { t } from './words/words.svelte';

/** Tells of a call; the function that it returns takes that back. */
export function notify(call: Call): (() => void) | undefined {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return undefined;
  const said = say(`${t('ringing')}: ${title(call.party)}`, { body: details(call.party).join(' · '), tag: call.id, requireInteraction: true });
  if (!said) return undefined;
  said.onclick = () => window.focus();
  return () => said.close();
}

// Browsers of telephones let only service workers notify.
function say(heading: string, more: NotificationOptions): Notification | undefined {
  try {
    return new Notification(heading, more);
  } catch {
    return undefined;
  }
}
