// The sound of one call: a PeerConnection with one audio line. Verto knows no trickling: a description carries all its candidates.

const gatheringLimit = 1500; // ms; a STUN server that does not answer must not keep the call waiting

export interface PeerEvents {
  sound(stream: MediaStream): void;
  /** Connected, or the path was lost for good. */
  path(connected: boolean): void;
}

export class Peer {
  readonly #pc: RTCPeerConnection;
  #sender?: RTCRtpSender;

  constructor(iceServers: RTCIceServer[], on: PeerEvents) {
    this.#pc = new RTCPeerConnection({ iceServers });
    this.#pc.ontrack = (e) => on.sound(e.streams[0] ?? new MediaStream([e.track]));
    this.#pc.onconnectionstatechange = () => {
      if (this.#pc.connectionState === 'connected') on.path(true);
      if (this.#pc.connectionState === 'failed') on.path(false);
    };
  }

  /** Makes an offer; without a microphone one that only listens. */
  async offer(microphone: MediaStream | undefined): Promise<string> {
    this.#speak(microphone);
    if (!microphone) this.#pc.addTransceiver('audio', { direction: 'recvonly' });
    await this.#pc.setLocalDescription();
    return this.#described();
  }

  /** Answers an offer. */
  async answer(offer: string, microphone: MediaStream | undefined): Promise<string> {
    this.#speak(microphone);
    await this.#pc.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.#pc.setLocalDescription();
    return this.#described();
  }

  accept(answer: string): Promise<void> {
    return this.#pc.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Speaks into another microphone from now on. */
  async use(microphone: MediaStream) {
    await this.#sender?.replaceTrack(microphone.getAudioTracks()[0] ?? null);
  }

  stats(): Promise<RTCStatsReport> {
    return this.#pc.getStats();
  }

  close() {
    this.#pc.ontrack = this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  #speak(microphone: MediaStream | undefined) {
    const track = microphone?.getAudioTracks()[0];
    if (microphone && track) this.#sender = this.#pc.addTrack(track, microphone);
  }

  async #described(): Promise<string> {
    await Promise.race([this.#gathered(), new Promise((resolve) => setTimeout(resolve, gatheringLimit))]);
    return this.#pc.localDescription?.sdp ?? '';
  }

  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => this.#pc.iceGatheringState === 'complete' && resolve();
      this.#pc.addEventListener('icegatheringstatechange', look);
      look();
    });
  }
}
