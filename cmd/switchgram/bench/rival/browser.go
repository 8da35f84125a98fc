package rival

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// browser is an end of a call as a browser has it: ICE, DTLS-SRTP and Opus, by pion/webrtc. It is a load.Wire.
type browser struct {
	peer    *webrtc.PeerConnection
	out     *webrtc.TrackLocalStaticRTP
	receive atomic.Pointer[func(*rtp.Packet)]
}

// opus is what it speaks.
var opus = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
	PayloadType:        opusPayload,
}

const opusPayload = 111

// newBrowser makes an end. It has no interceptors: what others do with reports and feedback is not measured.
func newBrowser() (*browser, error) {
	var codecs webrtc.MediaEngine
	if err := codecs.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	b := &browser{peer: peer}
	peer.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { b.listen(t) })
	if b.out, err = webrtc.NewTrackLocalStaticRTP(opus.RTPCodecCapability, "audio", "bench"); err == nil {
		_, err = peer.AddTrack(b.out)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("browser: %w", err), b.close())
	}
	return b, nil
}

// listen hands packets on until the end is closed.
func (b *browser) listen(t *webrtc.TrackRemote) {
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if f := b.receive.Load(); f != nil && len(p.Payload) > 0 {
			(*f)(p)
		}
	}
}

// offer describes the end, with all its candidates.
func (b *browser) offer(ctx context.Context) (string, error) {
	d, err := b.peer.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	return b.describe(ctx, d)
}

// accept takes the other side's answer to the offer.
func (b *browser) accept(answer string) error {
	return b.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: withMid(answer)})
}

// answer answers the other side's offer.
func (b *browser) answer(ctx context.Context, offer string) (string, error) {
	if err := b.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: withMid(offer)}); err != nil {
		return "", fmt.Errorf("browser: offer: %w", err)
	}
	d, err := b.peer.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	return b.describe(ctx, d)
}

func (b *browser) describe(ctx context.Context, d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(b.peer)
	if err := b.peer.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	select {
	case <-gathered:
		return b.peer.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// withMid names the one medium where the other side does not. Pion wants that, and takes no medium that is in no group (RFC 9143 §7.3).
func withMid(sdp string) string {
	if !strings.Contains(sdp, "\na=mid:") {
		sdp = strings.TrimRight(sdp, "\r\n") + "\r\na=mid:0\r\n"
	}
	session, audio, found := strings.Cut(sdp, "\r\nm=")
	if !found || strings.Contains(session, "\na=group:BUNDLE") {
		return sdp
	}
	return session + "\r\na=group:BUNDLE 0\r\nm=" + audio
}

// OnRTP implements load.Wire.
func (b *browser) OnRTP(f func(*rtp.Packet)) {
	if f == nil {
		b.receive.Store(nil)
		return
	}
	b.receive.Store(&f)
}

// WriteRTP implements load.Wire.
func (b *browser) WriteRTP(p *rtp.Packet) error { return b.out.WriteRTP(p) }

// close ends everything of the end, and waits for it.
func (b *browser) close() error { return b.peer.GracefulClose() }
