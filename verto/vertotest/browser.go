package vertotest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// PayloadType is what a Browser sends Opus as.
const PayloadType = 111

// Browser is the sound of a call as a browser has it: ICE, DTLS-SRTP and packets of Opus, by pion/webrtc, from any of the machine's
// addresses. It sends no reports: what they cost is not measured. It must be closed.
type Browser struct {
	peer    *webrtc.PeerConnection
	out     *webrtc.TrackLocalStaticRTP
	receive atomic.Pointer[func(*rtp.Packet)]
	up      chan struct{}
	upOnce  sync.Once
}

var opus = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
	PayloadType:        PayloadType,
}

// NewBrowser makes one. It starts nothing.
func NewBrowser() (*Browser, error) {
	var codecs webrtc.MediaEngine
	if err := codecs.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	var s webrtc.SettingEngine
	s.LoggerFactory = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	s.SetIncludeLoopbackCandidate(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	b := &Browser{peer: peer, up: make(chan struct{})}
	peer.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { b.listen(t) })
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			b.upOnce.Do(func() { close(b.up) })
		}
	})
	if b.out, err = webrtc.NewTrackLocalStaticRTP(opus.RTPCodecCapability, "audio", "microphone"); err == nil {
		_, err = peer.AddTrack(b.out)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("browser: %w", err), b.Close())
	}
	return b, nil
}

// listen hands packets on until the end is closed.
func (b *Browser) listen(t *webrtc.TrackRemote) {
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

// Offer describes the end, with all its candidates.
func (b *Browser) Offer(ctx context.Context) (string, error) {
	d, err := b.peer.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	return b.describe(ctx, d)
}

// Accept takes the server's answer to the offer.
func (b *Browser) Accept(answer string) error {
	if err := b.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: withMid(answer)}); err != nil {
		return fmt.Errorf("browser: answer: %w", err)
	}
	return nil
}

// Answer answers the server's offer.
func (b *Browser) Answer(ctx context.Context, offer string) (string, error) {
	if err := b.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: withMid(offer)}); err != nil {
		return "", fmt.Errorf("browser: offer: %w", err)
	}
	d, err := b.peer.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	return b.describe(ctx, d)
}

func (b *Browser) describe(ctx context.Context, d webrtc.SessionDescription) (string, error) {
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

// withMid names the one medium where the server does not. Pion wants that, and takes no medium that is in no group (RFC 9143 §7.3).
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

// Connected waits until packets can go both ways.
func (b *Browser) Connected(ctx context.Context) error {
	select {
	case <-b.up:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("browser: not connected: %w", context.Cause(ctx))
	}
}

// Over tells whether the end was closed, here or by the far end.
func (b *Browser) Over() bool { return b.peer.ConnectionState() == webrtc.PeerConnectionStateClosed }

// OnRTP sets who receives packets; nil discards them. The packet is the function's own.
func (b *Browser) OnRTP(f func(*rtp.Packet)) {
	if f == nil {
		b.receive.Store(nil)
		return
	}
	b.receive.Store(&f)
}

// WriteRTP sends a packet, and leaves it unchanged.
func (b *Browser) WriteRTP(p *rtp.Packet) error { return b.out.WriteRTP(p) }

// Close ends everything of the end, and waits for it.
func (b *Browser) Close() error { return b.peer.GracefulClose() }
