// The bell: two soft notes, then a pause, computed here.

const rate = 16_000;
const seconds = 3;
const notes = [
  { hz: 587.33, from: 0, to: 0.5 },
  { hz: 440, from: 0.22, to: 1.1 },
];

function sample(t: number): number {
  let sum = 0;
  for (const { hz, from, to } of notes) {
    if (t < from || t > to) continue;
    const fade = Math.min(1, (t - from) * 60) * ((to - t) / (to - from)) ** 2;
    sum += fade * (Math.sin(2 * Math.PI * hz * t) + 0.3 * Math.sin(4 * Math.PI * hz * t));
  }
  return sum * 0.3;
}

// A WAVE file: 16 bit, one channel.
function wave(): Blob {
  const count = rate * seconds;
  const data = new DataView(new ArrayBuffer(44 + 2 * count));
  const name = (at: number, s: string) => [...s].forEach((c, i) => data.setUint8(at + i, c.charCodeAt(0)));
  name(0, 'RIFF');
  data.setUint32(4, 36 + 2 * count, true);
  name(8, 'WAVEfmt ');
  [16, 0x0001_0001, rate, 2 * rate, 0x0010_0002].forEach((v, i) => data.setUint32(16 + 4 * i, v, true));
  name(36, 'data');
  data.setUint32(40, 2 * count, true);
  for (let i = 0; i < count; i++) data.setInt16(44 + 2 * i, sample(i / rate) * 0x7fff, true);
  return new Blob([data], { type: 'audio/wav' });
}

let address = ''; // of the sound, once it was computed

/** Makes the bell, silent; `play` rings it until `pause`. */
export function bell(): HTMLAudioElement {
  address ||= URL.createObjectURL(wave());
  const audio = new Audio(address);
  audio.loop = true;
  return audio;
}
