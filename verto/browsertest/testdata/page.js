// One telephone, by either client. phone.state is where its call stands: ringing, early, active, held or over.

import {Ear, Voice} from './sound.js';

// Gauge measures the energy of a track.
class Gauge {
	listen(track, connection) {
		this.player = new Audio();
		this.player.muted = true;
		this.player.srcObject = new MediaStream([track]);
		this.player.play();
		[this.connection, this.energy] = [connection, 0];
	}

	// grows tells whether there was sound since it was asked last.
	async grows() {
		const before = this.energy;
		const all = [...(await this.connection.getStats()).values()];
		this.energy = all.find(({type}) => type === 'inbound-rtp')?.totalAudioEnergy ?? 0;
		return this.energy > before;
	}
}

// Firefox's AudioContext does not run on machines without a loudspeaker. There the voice is its microphone, which hums, and the ear takes any
// sound for what it is to hear.
const firefox = navigator.userAgent.includes('Firefox');
const sound = firefox || new AudioContext({sampleRate: 48000});
const voice = firefox ? await hum() : new Voice(sound);
const ear = firefox ? new Gauge() : new Ear(sound);

async function hum() {
	const [track] = (await navigator.mediaDevices.getUserMedia({audio: true})).getAudioTracks();
	return {track, say() {}};
}

// VertoJS is npm's vertojs. It tells little, so that its state is made of its events.
class VertoJS {
	constructor(url, user, password) {
		this.verto = new Verto.Verto({transportConfig: {socketUrl: url, login: user, passwd: password}});
		this.verto.subscribeEvent('invite', (call) => {
			this.take(call);
			this.state = 'ringing';
		});
	}

	login() {
		return this.verto.login();
	}

	dial(number) {
		this.take(this.verto.call([voice.track], number));
	}

	take(call) {
		this.call = call;
		this.state = 'new';
		call.subscribeEvent('track', (track) => ear.listen(track, call.rtc.pc));
		call.subscribeEvent('media', () => this.state = 'early');
		call.subscribeEvent('answer', () => this.state = 'active');
		call.subscribeEvent('hold', () => this.state = 'held');
		call.subscribeEvent('unhold', () => this.state = 'active');
		call.subscribeEvent('bye', () => this.state = 'over');
	}

	answer() {
		this.call.answer([voice.track]);
		this.state = 'active';
	}

	// press sends a key in the sound (RFC 4733).
	press(key) {
		this.call.rtc.pc.getSenders()[0].dtmf.insertDTMF(key);
	}

	dtmf(digits) { this.call.dtmf(digits); }
	hold() { this.call.hold(); }
	unhold() { this.call.unhold(); }
	hangup() { this.call.hangup(); }
}

// JQuery is npm's verto, an early state of FreeSWITCH's own client. It keeps its session's id in the browser.
class JQuery {
	constructor(url, user, password) {
		navigator.getUserMedia = (_, done) => done(new MediaStream([voice.track.clone()])); // it stops the track
		this.entered = new Promise((resolve, reject) => {
			const callbacks = {
				onWSLogin: (_, ok) => ok ? resolve() : reject(new Error('login refused')),
				onDialogState: (dialog) => this.changed(dialog),
				onMessage: (_, _dialog, kind, message) => kind === jQuery.verto.enum.message.pvtEvent && this.told(message.pvtData),
			};
			this.verto = new jQuery.verto({
				login: user, passwd: password, socketUrl: url, tag: 'webcam', iceServers: false, videoParams: {}, ringFile: '',
			}, callbacks);
		});
	}

	login() {
		return this.entered;
	}

	dial(number) {
		this.verto.newCall({destination_number: number, caller_id_name: 'Ann', caller_id_number: '1008', useVideo: false, useStereo: true});
	}

	changed(dialog) {
		this.call = dialog;
		const name = dialog.state.name;
		this.state = name === 'hangup' || name === 'destroy' ? 'over' : name;
		if (name === 'active') {
			ear.listen(dialog.rtc.peer.peer.getReceivers()[0].track, dialog.rtc.peer.peer);
		}
	}

	// watch reads a live array by the client's own code. faults are what it does not like.
	watch(channel, name = channel) {
		this.faults = [];
		this.cleared = false;
		this.table = new jQuery.verto.liveArray(this.verto, channel, name, {});
		this.table.onErr = (_, fault) => this.faults.push(JSON.stringify(fault));
		this.table.onChange = (_, change) => this.cleared ||= change.action === 'clear';
	}

	rows() {
		return JSON.stringify(this.table.asArray());
	}

	// told: the page's call has become a conference, or is none any more. heard is what is said in it, and what moderators are answered.
	told({action, ...conference}) {
		switch (action) {
		case 'conference-liveArray-join':
			this.role = conference.role;
			this.heard = [];
			this.conference = new jQuery.verto.conf(this.verto, {
				dialog: this.call,
				laData: conference,
				onBroadcast: (_, _conference, answer) => this.heard.push(answer.response),
				chatCallback: (_, said) => this.heard.push(`${said.data.fromDisplay}: ${said.data.message}`),
			});
			this.watch(conference.laChannel, conference.laName);
			break;
		case 'conference-liveArray-part':
			this.role = 'none';
			this.conference.destroy();
			this.table.destroy();
		}
	}

	// members are those in the conference, by number and name, and whether they are muted.
	members() {
		return this.table.asArray().map(([id, , name, , status]) => `${id} ${name}${JSON.parse(status).audio.muted ? ' muted' : ''}`).join(', ');
	}

	// orders has the client give an order that it was not given the means for, and says what comes of it.
	orders(channel, command, id) {
		return new Promise((resolve, reject) => this.verto.rpcClient.call('verto.broadcast', {
			eventChannel: channel, data: {application: 'conf-control', command, id},
		}, (result) => resolve(result.message), reject));
	}

	answer() { this.call.answer({useStereo: false}); }
	dtmf(digits) { this.call.dtmf(digits); }
	hold() { this.call.hold(); }
	unhold() { this.call.unhold(); }
	hangup() { this.call.hangup(); }
}

const clients = {vertojs: VertoJS, verto: JQuery};

window.start = (client, url, user, password) => {
	window.phone = new clients[client](url, user, password);
	return window.phone.login();
};

window.say = (hz) => voice.say(hz);

// hears waits until the page hears the tone.
window.hears = (hz) => until(async () => firefox ? await ear.grows() : Math.abs(ear.tone() - hz) < 3);

window.reaches = (state) => until(() => window.phone.state === state);

window.until = async (is) => {
	while (!await is()) {
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
};

window.ready = true;
