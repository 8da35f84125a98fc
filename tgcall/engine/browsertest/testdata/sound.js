// A voice that is one tone, and an ear that finds one.

export class Voice {
	constructor(sound) {
		this.tone = new OscillatorNode(sound);
		const level = new GainNode(sound, {gain: 0.3});
		const out = new MediaStreamAudioDestinationNode(sound, {channelCount: 1});
		this.tone.connect(level).connect(out);
		this.tone.start();
		[this.track] = out.stream.getAudioTracks();
	}

	say(hz) {
		this.tone.frequency.value = hz;
	}
}

const quietest = -60; // dB: below there is no tone

export class Ear {
	constructor(sound) {
		this.sound = sound;
		this.analyser = new AnalyserNode(sound, {fftSize: 32768, smoothingTimeConstant: 0});
		this.bins = new Float32Array(this.analyser.frequencyBinCount);
	}

	// listen measures a track from now on instead of any other. Chromium hands a remote track on only while something plays it.
	listen(track) {
		const stream = new MediaStream([track]);
		this.player = new Audio();
		this.player.muted = true;
		this.player.srcObject = stream;
		this.player.play();
		this.source?.disconnect();
		this.source = new MediaStreamAudioSourceNode(this.sound, {mediaStream: stream});
		this.source.connect(this.analyser);
	}

	// tone is the strongest frequency of the last two thirds of a second, in Hz; 0: silence. The peak between the bins is that of the
	// parabola through the three highest.
	tone() {
		this.analyser.getFloatFrequencyData(this.bins);
		let peak = 1;
		for (let i = 2; i < this.bins.length - 1; i++) {
			if (this.bins[i] > this.bins[peak]) {
				peak = i;
			}
		}
		if (!(this.bins[peak] > quietest)) {
			return 0;
		}
		const [a, b, c] = this.bins.subarray(peak - 1, peak + 2);
		return (peak + (a - c) / 2 / (a - 2 * b + c)) * this.sound.sampleRate / this.analyser.fftSize;
	}
}
