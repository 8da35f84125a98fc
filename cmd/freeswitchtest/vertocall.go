package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchgram/bridge/media"
)

// vertoCall is the sound of a Verto call. It implements media.Stream.
type vertoCall struct {
	id   string
	peer *webrtc.PeerConnection
	out  *webrtc.TrackLocalStaticRTP
	over func() // closes peer, once

	mu    sync.Mutex
	onRTP func(*rtp.Packet)
	stats media.Stats
}

// opus is what FreeSWITCH's offer to a browser has first.
var opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}

// newVertoCall prepares the answer to an offer. FreeSWITCH does not trickle: all candidates stand in it.
func newVertoCall(ctx context.Context, invite vertoInvite) (c *vertoCall, answer string, err error) {
	c = &vertoCall{id: invite.CallID}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	var codecs webrtc.MediaEngine
	if err := codecs.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 102}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, "", err
	}
	if c.peer, err = webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&codecs)).NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, "", err
	}
	c.over = sync.OnceFunc(func() { _ = c.peer.Close() })
	if answer, err = c.negotiate(ctx, invite.SDP); err != nil {
		c.close()
		return nil, "", fmt.Errorf("verto offer: %w", err)
	}
	return c, answer, nil
}

func (c *vertoCall) negotiate(ctx context.Context, offer string) (answer string, err error) {
	if c.out, err = webrtc.NewTrackLocalStaticRTP(opus, "audio", "phone"); err != nil {
		return "", err
	}
	if _, err := c.peer.AddTrack(c.out); err != nil {
		return "", err
	}
	c.peer.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.listen(t) })
	if err := c.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: withMid(offer)}); err != nil {
		return "", err
	}
	description, err := c.peer.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(c.peer)
	if err := c.peer.SetLocalDescription(description); err != nil {
		return "", err
	}
	select {
	case <-gathered:
		return c.peer.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// withMid names the one medium, which FreeSWITCH does not and RFC 8843 wants.
func withMid(sdp string) string {
	sdp = strings.TrimRight(sdp, "\r\n")
	session, audio, _ := strings.Cut(sdp, "\r\nm=audio ")
	return session + "\r\na=group:BUNDLE 0\r\nm=audio " + audio + "\r\na=mid:0\r\n"
}

// listen hands on what comes, until the call is closed.
func (c *vertoCall) listen(t *webrtc.TrackRemote) {
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.stats.Received++
		c.stats.LastReceived = time.Now()
		if c.onRTP != nil && len(p.Payload) > 0 {
			c.onRTP(p)
		}
		c.mu.Unlock()
	}
}

// close ends the sound. It may be called more than once.
func (c *vertoCall) close() { c.over() }

// Format implements media.Stream.
func (c *vertoCall) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: 102, PTime: 20 * time.Millisecond}
}

// OnRTP implements media.Stream.
func (c *vertoCall) OnRTP(f func(*rtp.Packet)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onRTP = f
}

var errVertoOver = errors.New("verto call is over")

// WriteRTP implements media.Stream.
func (c *vertoCall) WriteRTP(p *rtp.Packet) error {
	if c.peer.ConnectionState() == webrtc.PeerConnectionStateClosed {
		return errVertoOver
	}
	return c.out.WriteRTP(p)
}

// Stats implements media.Stream.
func (c *vertoCall) Stats() media.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}
