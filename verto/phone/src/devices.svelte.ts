// Microphones, loudspeakers, and the one that rings.

import { keep, load } from './stored';

const storeKey = 'switchgram.devices';

export type Purpose = 'microphone' | 'speaker' | 'ringer';

const kinds: Record<Purpose, MediaDeviceKind> = { microphone: 'audioinput', speaker: 'audiooutput', ringer: 'audiooutput' };

export class Devices {
  /** What there is. Names are known once the microphone was used. */
  all = $state.raw<MediaDeviceInfo[]>([]);
  /** Ids of those chosen; empty is what the system prefers. */
  chosen = $state<Record<Purpose, string>>({ microphone: '', speaker: '', ringer: '' });

  constructor() {
    Object.assign(this.chosen, load(localStorage, storeKey, {}));
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.look());
  }

  for(purpose: Purpose): MediaDeviceInfo[] {
    return this.all.filter((d) => d.kind === kinds[purpose] && d.deviceId !== '');
  }

  async look() {
    this.all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  }

  choose(purpose: Purpose, id: string) {
    this.chosen[purpose] = id;
    keep(localStorage, storeKey, this.chosen);
  }

  /** Opens the microphone; asks the user, the first time. Who asked stops its tracks. */
  async microphone(): Promise<MediaStream> {
    if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError'); // the page came by plain http
    const deviceId = this.chosen.microphone ? { ideal: this.chosen.microphone } : undefined;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { deviceId, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    void this.look();
    return stream;
  }

  /** Lets an element sound where it should. Browsers that cannot choose use the system's. */
  async route(audio: HTMLAudioElement, purpose: 'speaker' | 'ringer') {
    await audio.setSinkId?.(this.chosen[purpose]).catch(() => undefined); // a headset that was unplugged: the system's will do
  }
}

/** Stops a stream's tracks. */
export function stop(stream: MediaStream | undefined) {
  stream?.getTracks().forEach((track) => track.stop());
}
