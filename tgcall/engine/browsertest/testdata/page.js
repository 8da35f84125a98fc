// What the test calls by name. It puts one function into the window itself: say(text) is a message for the peer.
import {Call} from './call.js';
import {Ear, Voice} from './sound.js';

// begin makes a call as Telegram Web does; a caller offers at once.
window.begin = async (options) => {
	const sound = new AudioContext({sampleRate: 48000});
	window.voice = new Voice(sound);
	window.ear = new Ear(sound);
	window.call = new Call(options, window.voice.track, {
		say: (message) => window.say(JSON.stringify(message)),
		hear: (track) => window.ear.listen(track),
	});
	await window.call.begin();
};

// until waits for something to become true and returns it.
window.until = async (condition) => {
	for (;;) {
		const value = await condition();
		if (value) {
			return value;
		}
		await new Promise((resolve) => { setTimeout(resolve, 50); });
	}
};

// hears waits for a tone, or with 0 for silence, and returns what it heard, in Hz.
window.hears = async (hz) => {
	let heard;
	await window.until(() => {
		heard = window.ear.tone();
		return Math.abs(heard - hz) < 3;
	});
	return heard;
};

// stat is the first statistic of a kind, as getStats has it; with a way to choose among them.
window.stat = async (type, choose = () => true) => {
	for (const stat of (await window.call.connection.getStats()).values()) {
		if (stat.type === type && choose(stat)) {
			return stat;
		}
	}
	return null;
};

// path is what the packets go by.
window.path = async () => {
	const all = await window.call.connection.getStats();
	const transport = [...all.values()].find((s) => s.type === 'transport');
	const pair = all.get(transport?.selectedCandidatePairId);
	if (!pair) {
		return null;
	}
	const local = all.get(pair.localCandidateId);
	return {state: pair.state, local: local.candidateType, ufrag: local.usernameFragment, dtlsRole: transport.dtlsRole};
};
