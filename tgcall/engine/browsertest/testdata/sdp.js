// Telegram's messages out of SDP (RFC 8866), and SDP out of them.

// A section of a description: what one m= line begins.
class Section {
	constructor(lines) {
		this.lines = lines;
		[this.kind, this.port, , ...this.payloads] = lines[0].slice(2).split(' ');
		this.mid = this.attribute('mid');
		this.ssrc = this.attribute('ssrc')?.split(' ')[0];
		this.direction = ['sendrecv', 'sendonly', 'recvonly', 'inactive'].find((d) => lines.includes(`a=${d}`));
	}

	all(name) {
		const prefix = `a=${name}:`;
		return this.lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
	}

	attribute(name) {
		return this.all(name)[0];
	}
}

// sections are those of the media; what the session says for all of them is not needed with Chromium.
export function sections(sdp) {
	return sdp.trim().split(/\r\n(?=m=)/).slice(1).map((text) => new Section(text.split('\r\n')));
}

export function setupOf(sdp) {
	const [section] = sections(sdp);
	const [hash, fingerprint] = section.attribute('fingerprint').split(' ');
	return {
		'@type': 'InitialSetup',
		ufrag: section.attribute('ice-ufrag'),
		pwd: section.attribute('ice-pwd'),
		renomination: (section.attribute('ice-options') ?? '').split(' ').includes('renomination'),
		fingerprints: [{hash, fingerprint, setup: section.attribute('setup')}],
	};
}

// contentOf is what we send in a section.
export function contentOf(section) {
	const ssrcGroups = section.all('ssrc-group').map((line) => {
		const [semantics, ...ssrcs] = line.split(' ');
		return {semantics, ssrcs: ssrcs.map(Number)};
	});
	return {type: section.kind, ssrc: section.ssrc, ssrcGroups, ...formatsOf(section)};
}

// formatsOf are the codecs and header extensions of a section.
export function formatsOf(section) {
	return {
		payloadTypes: section.all('rtpmap').map((line) => payloadTypeOf(section, line)),
		rtpExtensions: section.all('extmap').map((line) => {
			const [id, uri] = line.split(' ');
			return {id: Number(id.split('/')[0]), uri};
		}),
	};
}

// payloadTypeOf leaves out what the codec has none of, parameters for one.
function payloadTypeOf(section, line) {
	const [id, codec] = line.split(' ');
	const [name, clockrate, channels = 0] = codec.split('/');
	const rest = (attribute) => section.all(attribute).filter((l) => l.startsWith(`${id} `)).map((l) => l.slice(id.length + 1));
	const parameters = Object.fromEntries(rest('fmtp').flatMap((l) => l.split(';')).filter((p) => p.includes('=')).map((p) => p.split('=')));
	const feedbackTypes = rest('rtcp-fb').map((l) => {
		const [type, subtype = ''] = l.split(' ');
		return {type, subtype};
	});
	return {
		id: Number(id), name, clockrate: Number(clockrate), channels: Number(channels),
		...(Object.keys(parameters).length && {parameters}), ...(feedbackTypes.length && {feedbackTypes}),
	};
}

// describe writes a description of the peer. Each of its media has a kind and a mid, those in use also a direction and, but for the data
// channel, formats; and the ssrc that the peer sends with, if it does. The role is the peer's in DTLS, if it is not as in its setup.
export function describe(setup, media) {
	const bundled = media.filter((m) => m.direction).map((m) => m.mid);
	return [
		'v=0', 'o=- 1 2 IN IP4 0.0.0.0', 's=-', 't=0 0', `a=group:BUNDLE ${bundled.join(' ')}`, 'a=extmap-allow-mixed', 'a=msid-semantic:WMS *',
		...media.flatMap((m) => (m.kind === 'application' ? channelLines(setup, m) : mediaLines(setup, m))), '',
	].join('\r\n');
}

function transportLines({ufrag, pwd, fingerprints}, role) {
	return [
		`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`, 'a=ice-options:trickle',
		...fingerprints.flatMap(({hash, fingerprint, setup}) => [`a=fingerprint:${hash} ${fingerprint}`, `a=setup:${role ?? setup}`]),
	];
}

function channelLines(setup, {mid, role}) {
	return [
		'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', `a=mid:${mid}`, ...transportLines(setup, role),
		'a=sctp-port:5000', 'a=max-message-size:262144',
	];
}

function mediaLines(setup, {kind, mid, direction, role, formats, ssrc, payloads}) {
	if (!direction) {
		return [`m=${kind} 0 UDP/TLS/RTP/SAVPF ${payloads.join(' ')}`, 'c=IN IP4 0.0.0.0', `a=mid:${mid}`, 'a=inactive'];
	}
	return [
		`m=${kind} 9 UDP/TLS/RTP/SAVPF ${formats.payloadTypes.map((p) => p.id).join(' ')}`, 'c=IN IP4 0.0.0.0', `a=mid:${mid}`, 'a=rtcp-mux',
		...formats.payloadTypes.flatMap(payloadTypeLines),
		...(formats.rtpExtensions ?? []).map(({id, uri}) => `a=extmap:${id} ${uri}`),
		...transportLines(setup, role), `a=${direction}`,
		...(ssrc ? [`a=ssrc:${ssrc} cname:peer`, `a=ssrc:${ssrc} msid:peer peer${ssrc}`] : []),
	];
}

function payloadTypeLines({id, name, clockrate, channels, parameters = {}, feedbackTypes = []}) {
	const list = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
	return [
		`a=rtpmap:${id} ${name}/${clockrate}${channels > 1 ? `/${channels}` : ''}`,
		...(list.length ? [`a=fmtp:${id} ${list.join(';')}`] : []),
		...feedbackTypes.map(({type, subtype}) => `a=rtcp-fb:${id} ${type}${subtype ? ` ${subtype}` : ''}`),
	];
}
