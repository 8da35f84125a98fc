package verto

import (
	"context"
	"crypto/rand"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"

	"switchgram/tgcall/engine/port"
	"switchgram/verto/vertotest"
)

// TestCallsShareAPort: Options.Media can have all calls use one UDP port, as Telegram's calls do.
func TestCallsShareAPort(t *testing.T) {
	p := must(port.Open(port.Options{Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}}))(t)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })

	h := open(t, Options{Media: func(s *webrtc.SettingEngine) (func(), error) {
		fragment := rand.Text()
		member, err := p.Join(fragment)
		if err != nil {
			return nil, err
		}
		s.SetICECredentials(fragment, rand.Text())
		s.SetNet(member)
		s.SetIncludeLoopbackCandidate(true)
		return member.Close, nil
	}})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	first, firstEnd := ann.conversation("call-of-ann", nil)
	second, secondEnd := bob.conversation("call-of-bob", nil)
	talk(t, first, firstEnd)
	talk(t, second, secondEnd)
	number := p.Addrs()[0].String()
	number = number[strings.LastIndex(number, ":")+1:]
	for _, c := range []*Call{first, second} {
		if sdp := c.media.peer.LocalDescription().SDP; !strings.Contains(sdp, " 127.0.0.1 "+number+" typ host") || strings.Count(sdp, "a=candidate:") > 2 {
			t.Errorf("the page was told of other ports than %s:\n%s", number, sdp)
		}
	}
}
