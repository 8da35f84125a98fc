// How loud a stream is, for the eye.

import { atGesture } from './gesture';

let shared: AudioContext | undefined;

// Until there was a gesture everything looks silent.
function audioContext(): AudioContext {
  if (shared) return shared;
  const context = (shared = new AudioContext());
  atGesture(() => context.resume());
  return context;
}

const floor = -60; // dB of full scale: what is drawn as nothing
const often = 60; // ms between two looks
const fall = 0.85; // of what is shown stays until the next look

/** Reports the level 20 times a second, 0 to 1, until the function that it returns is called. */
export function listen(stream: MediaStream, report: (level: number) => void): () => void {
  const context = audioContext();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
    const now = Math.min(1, Math.max(0, 1 - (10 * Math.log10(power + 1e-9)) / floor));
    report((shown = Math.max(now, shown * fall < 0.01 ? 0 : shown * fall)));
  }, often);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}
