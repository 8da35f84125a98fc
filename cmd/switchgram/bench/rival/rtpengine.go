package rival

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/pion/sdp/v3"

	"switchgram/cmd/switchgram/bench/load"
	"switchgram/verto/vertotest"
)

// rtpengine carries calls between a browser and a telephone: DTLS-SRTP on one side, RTP on the other.
type rtpengine struct {
	ng   ng
	load *load.Load
}

// call offers the telephone to the browser, which answers.
func (r *rtpengine) call(ctx context.Context) (c Call, err error) {
	c = &engineCall{r: r, id: rand.Text()}
	call := c.(*engineCall)
	defer func() {
		if err != nil {
			err = errors.Join(err, call.Hangup(context.WithoutCancel(ctx)))
		}
	}()
	if call.telephone, err = load.Listen(); err != nil {
		return nil, err
	}
	call.telephone.PayloadType = vertotest.PayloadType
	call.listen()
	if call.browser, err = vertotest.NewBrowser(); err != nil {
		return nil, err
	}
	if err := call.negotiate(ctx); err != nil {
		return nil, err
	}
	return call, call.talk(ctx)
}

// engineCall is a call through rtpengine.
type engineCall struct {
	pair
	r         *rtpengine
	id        string
	telephone *load.Socket
	browser   *vertotest.Browser
	stop      context.CancelFunc
	listening sync.WaitGroup
}

func (c *engineCall) listen() {
	ctx, stop := context.WithCancel(context.Background()) // until the hangup
	c.stop = stop
	c.listening.Go(func() { _ = c.telephone.Run(ctx) }) // returns nil
}

// negotiate has the offer of the telephone made into one for browsers, and the answer into one for telephones.
func (c *engineCall) negotiate(ctx context.Context) error {
	offered, err := c.r.ng.ask(ctx, "offer", map[string]any{
		"call-id": c.id, "from-tag": "telephone", "sdp": telephoneSDP(c.telephone.Addr()),
		"transport-protocol": "UDP/TLS/RTP/SAVPF", "ICE": "force", "rtcp-mux": []string{"require"}, "SDES": []string{"off"},
	})
	if err != nil {
		return err
	}
	answer, err := c.browser.Answer(ctx, text(offered, "sdp"))
	if err != nil {
		return err
	}
	answered, err := c.r.ng.ask(ctx, "answer", map[string]any{
		"call-id": c.id, "from-tag": "telephone", "to-tag": "browser", "sdp": answer,
		"transport-protocol": "RTP/AVP", "ICE": "remove", "rtcp-mux": []string{"demux"},
	})
	if err != nil {
		return err
	}
	to, err := audioAddr(text(answered, "sdp"))
	if err != nil {
		return err
	}
	c.telephone.Connect(to)
	return nil
}

// talk lets both ends talk, and returns when both have heard something.
func (c *engineCall) talk(ctx context.Context) error {
	c.join(c.r.load, c.telephone, c.browser)
	return c.await(ctx)
}

// Hangup ends the call.
func (c *engineCall) Hangup(ctx context.Context) (err error) {
	c.leave()
	if c.browser != nil {
		err = c.browser.Close()
	}
	if c.stop != nil {
		c.stop()
		c.listening.Wait()
	}
	_, deleted := c.r.ng.ask(ctx, "delete", map[string]any{"call-id": c.id, "from-tag": "telephone", "delete-delay": 0})
	return errors.Join(err, deleted)
}

func text(d map[string]any, key string) string {
	s, _ := d[key].(string)
	return s
}

// telephoneSDP is the offer of a telephone that speaks Opus.
func telephoneSDP(at netip.AddrPort) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP %[3]d\r\n"+
		"a=rtpmap:%[3]d opus/48000/2\r\na=ptime:20\r\na=sendrecv\r\n", at.Addr(), at.Port(), vertotest.PayloadType)
}

// audioAddr is where a description wants its sound.
func audioAddr(text string) (netip.AddrPort, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return netip.AddrPort{}, fmt.Errorf("sdp: %w", err)
	}
	if len(d.MediaDescriptions) == 0 {
		return netip.AddrPort{}, errors.New("sdp: no media")
	}
	m := d.MediaDescriptions[0]
	c := d.ConnectionInformation
	if m.ConnectionInformation != nil {
		c = m.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.AddrPort{}, errors.New("sdp: no address")
	}
	addr, err := netip.ParseAddr(c.Address.Address)
	if err != nil || m.MediaName.Port.Value <= 0 || m.MediaName.Port.Value > 65535 {
		return netip.AddrPort{}, fmt.Errorf("sdp: address %q, port %d", c.Address.Address, m.MediaName.Port.Value)
	}
	return netip.AddrPortFrom(addr, uint16(m.MediaName.Port.Value)), nil
}
