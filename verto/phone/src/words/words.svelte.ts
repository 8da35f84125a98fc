// The words of the chosen language, and of why calls end.

import { settings } from '../settings.svelte';
import { en, type Words } from './en';
import { ru } from './ru';

const languages = { en, ru };

export type Language = keyof typeof languages;

/** Those there are, by their own names. */
export const languageNames = Object.entries(languages).map(([id, words]) => ({ id: id as Language, name: words.language }));

/** The language that the browser prefers, of those there are. */
export function preferred(wanted = navigator.languages): Language {
  const found = wanted.map((tag) => tag.split('-')[0]).find((id) => id !== undefined && id in languages);
  return (found as Language | undefined) ?? 'en';
}

export function language(): Language {
  return settings.language || preferred();
}

/** Says something; names in braces are filled in. */
export function t(word: keyof Words, values: Record<string, string | number> = {}): string {
  return languages[language()][word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

// Causes as FreeSWITCH names them, `Away` when the server cannot be reached, and the names of what goes wrong with microphones (https://www.w3.org/TR/mediacapture-streams/).
const reasons: Record<string, keyof Words> = {
  '': 'ended',
  NORMAL_CLEARING: 'ended',
  USER_BUSY: 'busy',
  NO_ANSWER: 'noAnswer',
  NO_USER_RESPONSE: 'noAnswer',
  ALLOTTED_TIMEOUT: 'noAnswer',
  PROGRESS_TIMEOUT: 'noAnswer',
  CALL_REJECTED: 'rejected',
  UNALLOCATED_NUMBER: 'noNumber',
  NO_ROUTE_DESTINATION: 'noNumber',
  INVALID_NUMBER_FORMAT: 'noNumber',
  USER_NOT_REGISTERED: 'unreachable',
  SUBSCRIBER_ABSENT: 'unreachable',
  DESTINATION_OUT_OF_ORDER: 'unreachable',
  OUTGOING_CALL_BARRED: 'barred',
  INCOMING_CALL_BARRED: 'barred',
  INCOMPATIBLE_DESTINATION: 'noSound',
  LOSE_RACE: 'elsewhere',
  ORIGINATOR_CANCEL: 'gaveUp',
  Away: 'networkLost',
  NETWORK_OUT_OF_ORDER: 'outOfOrder',
  NORMAL_TEMPORARY_FAILURE: 'outOfOrder',
  INVALID_CALL_REFERENCE: 'callOver',
  RECOVERY_ON_TIMER_EXPIRE: 'networkLost',
  NORMAL_CIRCUIT_CONGESTION: 'congestion',
  SWITCH_CONGESTION: 'congestion',
  NotAllowedError: 'microphoneRefused',
  NotFoundError: 'microphoneMissing',
  NotReadableError: 'microphoneBusy',
  AbortError: 'microphoneBusy',
  SecurityError: 'microphoneInsecure',
};

/** Why a call ended, in words. */
export function reason(cause: string): string {
  const word = reasons[cause];
  return word ? t(word) : t('because', { cause });
}
