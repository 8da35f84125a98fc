// A call as Telegram Web makes it: Telegram's messages, of version 13.0.0, around one RTCPeerConnection of the browser.
//
// The peer's SDP is made up. Each side announces what it sends in an offer of its own, and the other answers with what it takes of it
// (NegotiateChannels), so that the two directions of sound may be two sections: a browser that calls has one that it sends in, and gets
// a second for what it hears. One that is called has both in the first section, and its own offer changes nothing in its description.
import {contentOf, describe, formatsOf, sections, setupOf} from './sdp.js';

const dataMid = '3'; // of the data channel in descriptions that the peer begins
const maxBitrate = 32 * 1024; // of sound, as in Telegram's apps

export class Call {
	constructor({outgoing, iceServers, relayOnly, pool}, track, {say, hear}) {
		Object.assign(this, {outgoing, track, say, hear});
		this.exchange = Math.floor(Math.random() * 0xffffffff);
		this.pending = null; // our offer that was not answered: its exchange id
		this.waiting = []; // messages that cannot be taken yet
		this.candidates = [];
		this.sources = new Map(); // what the peer sends, by section: its content
		this.refused = false; // the peer took no video of the last offer
		this.work = Promise.resolve();
		this.connection = new RTCPeerConnection({
			iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all', bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require', iceCandidatePoolSize: pool,
		});
		this.listen();
	}

	listen() {
		const {connection} = this;
		connection.onicecandidate = ({candidate}) => candidate?.candidate && this.sayCandidate(candidate);
		connection.ontrack = ({track}) => track.kind === 'audio' && this.hear(track);
		connection.ondatachannel = ({channel}) => channel.label === 'data' && this.attach(channel);
		connection.oniceconnectionstatechange = () => this.watch();
	}

	async begin() {
		this.audio = this.connection.addTransceiver(this.track, {direction: 'sendrecv', streams: [new MediaStream([this.track])]});
		if (this.outgoing) {
			this.attach(this.connection.createDataChannel('data', {id: 0}));
			await this.inTurn(() => this.offer());
		}
	}

	// inTurn does one thing at a time.
	inTurn(f) {
		const done = this.work.then(f);
		this.work = done.catch(() => {});
		return done;
	}

	// receive takes a message of the peer.
	receive(message) {
		return this.inTurn(async () => {
			await this.take(message);
			for (const earlier of this.waiting.splice(0)) {
				await this.take(earlier);
			}
		});
	}

	async take(message) {
		switch (message['@type']) {
		case 'MediaState':
			this.peerState = message;
			break;
		case 'InitialSetup':
			this.setup = message;
			break;
		case 'Candidates':
			this.candidates.push(...message.candidates);
			await this.addCandidates();
			break;
		case 'NegotiateChannels':
			await this.negotiate(message);
			break;
		default:
			throw new Error(`message of type ${message['@type']}`);
		}
	}

	async negotiate(message) {
		const answer = message.exchangeId === this.pending;
		if (!this.setup || !answer && this.pending && this.outgoing) {
			this.waiting.push(message); // a caller first wants its own offer answered
			return;
		}
		if (!answer) {
			await this.answer(message);
			return;
		}
		this.pending = null;
		if (this.connection.signalingState === 'have-local-offer') {
			await this.accept(message.contents);
		}
	}

	// offer announces what we send from now on.
	async offer() {
		this.refused = false;
		await this.connection.setLocalDescription(await this.connection.createOffer());
		this.saySetup();
		this.sayOffer();
		await this.limit();
	}

	sayOffer() {
		this.exchange = (this.exchange + 1) % 2 ** 32;
		this.pending = String(this.exchange);
		this.sayChannels(this.pending, this.own().map(contentOf));
	}

	// own are the sections in which we send.
	own() {
		const mids = [this.audio, this.video].filter((t) => t?.sender.track).map((t) => t.mid);
		return sections(this.connection.localDescription.sdp).filter((s) => mids.includes(s.mid) && s.port !== '0');
	}

	// accept makes the answer of the peer to our offer, in which every section is mentioned.
	async accept(contents) {
		const local = sections(this.connection.localDescription.sdp);
		const taken = new Map(contents.map((c) => [String(c.ssrc), c]));
		const media = local.map((section) => this.answered(section, taken));
		this.refused = media.some((m) => m.kind === 'video' && !m.direction);
		await this.connection.setRemoteDescription({type: 'answer', sdp: describe(this.setup, media)});
		await this.addCandidates();
	}

	answered(section, taken) {
		const {kind, mid, payloads} = section;
		const role = this.setup.fingerprints[0].setup === 'active' ? 'active' : 'passive'; // an answer may not leave it open
		const ours = taken.get(section.ssrc);
		const theirs = this.sources.get(mid);
		return {kind, mid, role, payloads, direction: directionOf(kind, theirs, ours), formats: ours ?? theirs, ssrc: theirs?.ssrc};
	}

	// answer takes the peer's offer. Only sound is ever offered to us.
	async answer({exchangeId, contents}) {
		if (this.connection.signalingState === 'have-local-offer') { // both offered: the caller wins
			await this.connection.setLocalDescription({type: 'rollback'});
		}
		this.pending = null;
		const sound = contents.find((c) => c.type === 'audio');
		const shared = !this.audio.mid;
		const mid = shared ? '0' : String(sound.ssrc);
		this.sources.set(mid, sound);
		await this.connection.setRemoteDescription({type: 'offer', sdp: describe(this.setup, this.offered(sound, shared))});
		if (shared) {
			await this.share(mid);
		}
		await this.addCandidates();
		await this.connection.setLocalDescription(await this.connection.createAnswer());
		this.saySetup();
		const section = sections(this.connection.localDescription.sdp).find((s) => s.mid === mid);
		this.sayChannels(exchangeId, [{...sound, ...formatsOf(section)}]);
		if (!this.outgoing) {
			this.sayOffer();
		}
		await this.limit();
	}

	offered(sound, shared) {
		const {ssrc} = sound;
		if (shared) {
			return [{kind: 'audio', mid: '0', direction: 'sendrecv', formats: sound, ssrc}, {kind: 'application', mid: dataMid, direction: 'sendrecv'}];
		}
		const before = sections(this.connection.remoteDescription.sdp).map((section) => {
			const {kind, mid, payloads, port, direction} = section;
			const used = kind === 'application' ? 'sendrecv' : direction;
			return {kind, mid, payloads, direction: port === '0' ? undefined : used, formats: formatsOf(section), ssrc: this.sources.get(mid)?.ssrc};
		});
		return [...before, {kind: 'audio', mid: ssrc, direction: 'sendonly', formats: sound, ssrc}];
	}

	// share puts our sound into the section that the peer's offer has made.
	async share(mid) {
		const transceiver = this.connection.getTransceivers().find((t) => t.mid === mid);
		if (transceiver !== this.audio) {
			await transceiver.sender.replaceTrack(this.track);
			this.audio = transceiver;
		}
		transceiver.direction = 'sendrecv';
	}

	async addCandidates() {
		if (!this.connection.remoteDescription) {
			return;
		}
		for (const {sdpString, sdpMid, sdpMLineIndex, usernameFragment} of this.candidates.splice(0)) {
			await this.connection.addIceCandidate({candidate: sdpString, sdpMid, sdpMLineIndex, usernameFragment});
		}
	}

	sayCandidate({candidate, sdpMid, sdpMLineIndex, usernameFragment}) {
		this.say({
			'@type': 'Candidates', exchangeId: this.pending ?? undefined, ufrag: usernameFragment,
			candidates: [{sdpString: candidate, sdpMid, sdpMLineIndex, usernameFragment}],
		});
	}

	// saySetup tells the credentials of our ICE, and who begins DTLS, whenever they have changed.
	saySetup() {
		const setup = setupOf(this.connection.localDescription.sdp);
		const text = JSON.stringify(setup);
		if (text !== this.saidSetup) {
			this.saidSetup = text;
			this.say(setup);
		}
	}

	sayChannels(exchangeId, contents) {
		this.say({'@type': 'NegotiateChannels', exchangeId, contents});
	}

	async limit() {
		const parameters = this.audio.sender.getParameters();
		const [encoding] = parameters.encodings;
		if (encoding && encoding.maxBitrate !== maxBitrate) {
			encoding.maxBitrate = maxBitrate;
			await this.audio.sender.setParameters(parameters);
		}
	}

	attach(channel) {
		this.channel = channel;
		channel.onopen = () => this.sayState();
		channel.onmessage = ({data}) => this.receive(JSON.parse(data));
	}

	sayState() {
		if (this.channel?.readyState !== 'open') {
			return;
		}
		this.channel.send(JSON.stringify({
			'@type': 'MediaState', videoRotation: 0, muted: !this.track.enabled, lowBattery: false,
			videoState: this.shows === 'camera' ? 'active' : 'inactive', screencastState: this.shows === 'screen' ? 'active' : 'inactive',
		}));
	}

	// mute disables the microphone: silence goes on in its place.
	mute(on) {
		this.track.enabled = !on;
		this.sayState();
	}

	// show turns the camera or the screen on, as 'camera' or 'screen', or with '' off again, which needs no offer.
	async show(what) {
		this.shows = what;
		this.video?.sender.track?.stop();
		if (what) {
			const devices = navigator.mediaDevices;
			const stream = await (what === 'camera' ? devices.getUserMedia({video: true}) : devices.getDisplayMedia({video: true, preferCurrentTab: true}));
			const [track] = stream.getVideoTracks();
			this.video = this.connection.addTransceiver(track, {direction: 'sendrecv', streams: [stream]});
			await this.inTurn(() => this.offer());
		}
		this.sayState();
	}

	// restart begins ICE anew: other credentials, which a new setup and a new offer tell.
	restart() {
		return this.inTurn(() => {
			this.connection.restartIce();
			return this.offer();
		});
	}

	// watch restarts ICE when it has failed, or was down for two seconds; one that was called leaves it to its peer for two more.
	watch() {
		clearTimeout(this.repair);
		const state = this.connection.iceConnectionState;
		const patience = {failed: 0, disconnected: 2000}[state];
		if (patience !== undefined) {
			this.repair = setTimeout(() => this.restart(), patience + (this.outgoing ? 0 : 2000));
		}
	}
}

// directionOf is that of a section for the peer, which sends there and takes what we send, or does not; undefined: the section is refused.
function directionOf(kind, sends, takes) {
	if (kind === 'application' || sends && takes) {
		return 'sendrecv';
	}
	return sends && 'sendonly' || takes && 'recvonly';
}
