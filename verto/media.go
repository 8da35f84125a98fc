package verto

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Payload types that we offer; a page that offers keeps its own. Towards those who use the package packets are always opusType.
const (
	opusType  = 111
	tone48k   = 110
	tone8k    = 126
	maxPacket = 1500
)

// How long the far end may say nothing until ICE counts as disconnected, and then until it counts as failed; and how often we say something.
const (
	iceDisconnected = 5 * time.Second
	iceFailed       = 15 * time.Second
	iceKeepalive    = 2 * time.Second
)

// gatherTime is how long a STUN server may take to answer: the person waits for it.
const gatherTime = 2 * time.Second

// opus is the one codec. Fec is asked for, since browsers send it only then; stereo is not: what people say into one microphone is mono.
var opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}

// media is a connection for sound with a page.
type media struct {
	call  *Call
	peer  *webrtc.PeerConnection
	out   *webrtc.TrackLocalStaticRTP
	leave func()

	follow sync.Once // the way of packets

	mu      sync.Mutex
	closed  bool
	reading sync.WaitGroup
}

// newMedia makes a connection. It must be closed.
func newMedia(c *Call) (*media, error) {
	m := &media{call: c, leave: func() {}}
	api, err := m.api()
	if err != nil {
		return nil, err
	}
	m.peer, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: c.s.o.ICEServers, BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		m.leave()
		return nil, fmt.Errorf("make a connection: %w", err)
	}
	m.peer.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { m.read(func() { m.listen(t) }) })
	m.peer.OnConnectionStateChange(func(webrtc.PeerConnectionState) { m.changed() })
	return m, nil
}

// api has pion do no more than a call needs: one codec, reports of reception, no addresses by multicast, no log of its own.
func (m *media) api() (*webrtc.API, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	s.SetSTUNGatherTimeout(gatherTime)
	s.DisableActiveTCP(true)
	var codecs webrtc.MediaEngine
	for _, c := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: opus, PayloadType: opusType},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: clockRate}, PayloadType: tone48k},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: 8000}, PayloadType: tone8k},
	} {
		if err := codecs.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register codec: %w", err)
		}
	}
	reports, err := reporting()
	if err != nil {
		return nil, err
	}
	if m.call.s.o.Media != nil {
		leave, err := m.call.s.o.Media(&s)
		if err != nil {
			return nil, fmt.Errorf("prepare media: %w", err)
		}
		if leave != nil {
			m.leave = leave
		}
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(&codecs), webrtc.WithInterceptorRegistry(reports)), nil
}

// reporting sends and reads reports of reception (RFC 3550 §6.4).
func reporting() (*interceptor.Registry, error) {
	var all interceptor.Registry
	send, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	receive, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	all.Add(send)
	all.Add(receive)
	return &all, nil
}

// speak adds what we send.
func (m *media) speak() error {
	out, err := webrtc.NewTrackLocalStaticRTP(opus, "audio", "switchgram") // a track of no stream would stay unheard in verto.js
	if err != nil {
		return err
	}
	sender, err := m.peer.AddTrack(out)
	if err != nil {
		return err
	}
	m.out = out
	m.read(func() { m.reports(sender) })
	return nil
}

// offer describes us, with all candidates: Verto has no message for later ones.
func (m *media) offer(ctx context.Context) (string, error) {
	if err := m.speak(); err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	d, err := m.peer.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	return m.describe(ctx, d)
}

// answer describes us in answer to a page's offer. We begin with DTLS, which saves a round trip.
func (m *media) answer(ctx context.Context, offer string) (string, error) {
	offer, declined, err := readable(offer)
	if err != nil {
		return "", err
	}
	if err := m.speak(); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	if err := m.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	d, err := m.peer.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	answer, err := m.describe(ctx, d)
	if err != nil {
		return "", err
	}
	return declined.in(answer)
}

// describe waits for our candidates.
func (m *media) describe(ctx context.Context, d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(m.peer)
	if err := m.peer.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("describe: %w", err)
	}
	select {
	case <-gathered:
		return m.peer.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// accept takes a page's answer to our offer.
func (m *media) accept(answer string) error {
	answer, _, err := readable(answer)
	if err != nil {
		return err
	}
	if err := m.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	return nil
}

// changed tells the call how the connection is. Pion says so in goroutines that may come out of order: it is asked again.
func (m *media) changed() {
	switch m.peer.ConnectionState() {
	case webrtc.PeerConnectionStateConnected:
		m.follow.Do(func() {
			if t := m.transport(); t != nil {
				t.OnSelectedCandidatePairChange(func(*webrtc.ICECandidatePair) { m.call.moved(m) })
			}
		})
		m.call.connected(m)
	case webrtc.PeerConnectionStateFailed:
		m.call.failed(m, true)
	case webrtc.PeerConnectionStateClosed: // by us, or by the page's DTLS
		m.call.failed(m, false)
	}
}

func (m *media) transport() *webrtc.ICETransport {
	for _, s := range m.peer.GetSenders() {
		if t := s.Transport(); t != nil {
			return t.ICETransport()
		}
	}
	return nil
}

// pair names the kinds of the candidates that carry packets; empty: none do.
func (m *media) pair() (local, remote string) {
	if t := m.transport(); t != nil {
		if p, err := t.GetSelectedCandidatePair(); err == nil && p != nil {
			return p.Local.Typ.String(), p.Remote.Typ.String()
		}
	}
	return "", ""
}

// read runs a reader that close waits for.
func (m *media) read(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.reading.Go(f)
	}
}

// listen hands on what the page sends, until the connection is closed.
func (m *media) listen(t *webrtc.TrackRemote) {
	defer m.call.rescue()
	buffer := make([]byte, maxPacket)
	var p rtp.Packet
	for {
		n, _, err := t.Read(buffer)
		if errors.Is(err, webrtc.ErrCodecNotFound) {
			continue // nobody has agreed on that
		}
		if err != nil {
			return
		}
		if p.Unmarshal(buffer[:n]) == nil {
			m.heard(&p, t)
		}
	}
}

// heard tells sound from telephone-events by the payload types that the page has named.
func (m *media) heard(p *rtp.Packet, t *webrtc.TrackRemote) {
	codec := t.Codec()
	switch {
	case codec.MimeType == webrtc.MimeTypeOpus && uint8(codec.PayloadType) == p.PayloadType:
		p.PayloadType = opusType
		m.call.heard(m, p)
	case codec.MimeType == "audio/telephone-event":
		m.call.pressed(m, p)
	}
}

// reports reads what the page says of our packets, until the connection is closed.
func (m *media) reports(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.ReceiverReport:
				m.call.meter.reported(p.Reports, time.Now())
			case *rtcp.SenderReport:
				m.call.meter.reported(p.Reports, time.Now())
			}
		}
	}
}

// close ends the connection and waits for everything of it. It must not be called from one of its own functions.
func (m *media) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	_ = m.peer.GracefulClose() // it is closed all the same
	m.reading.Wait()
	m.leave()
}
