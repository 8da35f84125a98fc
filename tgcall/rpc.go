package tgcall

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Methods, as they are named in errors.
const (
	methodConfig    = "messages.getDhConfig"
	methodRequest   = "phone.requestCall"
	methodReceived  = "phone.receivedCall"
	methodAccept    = "phone.acceptCall"
	methodConfirm   = "phone.confirmCall"
	methodSignal    = "phone.sendSignalingData"
	methodDiscard   = "phone.discardCall"
	minLayer        = 65 // what every app sends
	maxLayer        = 92
	serverRandomLen = 256
)

// groupCache is the last group that Telegram gave; asked again, it says only whether that still holds.
type groupCache struct {
	mu    sync.Mutex
	group *group
}

func (g *groupCache) get() *group {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.group
}

func (g *groupCache) set(grp *group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.group = grp
}

// newSecret draws our half of an exchange, with Telegram's random numbers added to ours.
func (c *Client) newSecret(ctx context.Context) (*secret, error) {
	known := c.group.get()
	var version int
	if known != nil {
		version = known.version
	}
	var answer tg.MessagesDhConfigClass
	err := c.flood.use(methodConfig, func() (err error) {
		answer, err = c.api.MessagesGetDhConfig(ctx, &tg.MessagesGetDhConfigRequest{Version: version, RandomLength: serverRandomLen})
		return err
	})
	if err != nil {
		return nil, err
	}
	grp, random, err := c.readGroup(known, answer)
	if err != nil {
		return nil, err
	}
	return newSecret(*grp, rand.Reader, random)
}

func (c *Client) readGroup(known *group, answer tg.MessagesDhConfigClass) (*group, []byte, error) {
	switch a := answer.(type) {
	case *tg.MessagesDhConfig:
		grp := &group{g: a.G, p: new(big.Int).SetBytes(a.P), version: a.Version}
		if err := c.o.DHCache.check(grp.g, grp.p); err != nil {
			return nil, nil, err
		}
		c.group.set(grp)
		return grp, a.Random, nil
	case *tg.MessagesDhConfigNotModified:
		if known == nil {
			return nil, nil, fmt.Errorf("%w: no group", ErrExchange)
		}
		return known, a.Random, nil
	default:
		return nil, nil, fmt.Errorf("%w: %s answered %T", ErrExchange, methodConfig, answer)
	}
}

// protocol is what we tell of ourselves.
func (c *Client) protocol() tg.PhoneCallProtocol {
	return tg.PhoneCallProtocol{UDPP2P: true, UDPReflector: true, MinLayer: minLayer, MaxLayer: maxLayer, LibraryVersions: c.o.Versions}
}

// request places a call; a failure of Telegram's own is tried again once, with another random id.
func (c *Client) request(ctx context.Context, to tg.InputUserClass, gAHash []byte) (*tg.PhonePhoneCall, error) {
	var answer *tg.PhonePhoneCall
	send := func() (err error) {
		answer, err = c.api.PhoneRequestCall(ctx, &tg.PhoneRequestCallRequest{
			UserID: to, RandomID: randomID(), GAHash: gAHash, Protocol: c.protocol(),
		})
		return err
	}
	err := c.flood.use(methodRequest, send)
	if tgerr.Is(err, "RANDOM_ID_DUPLICATE", "PARTICIPANT_CALL_FAILED") {
		err = c.flood.use(methodRequest, send)
	}
	return answer, err
}

// randomID is positive and has 31 bits.
func randomID() int {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return int(binary.LittleEndian.Uint32(b[:])>>1) | 1
}

// discard tells Telegram that a call is over, for at most five seconds and even if ctx has ended.
func (c *Client) discard(ctx context.Context, call tg.InputPhoneCall, r DiscardReason, seconds int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	err := c.flood.use(methodDiscard, func() error {
		_, err := c.api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: call, Duration: seconds, Reason: r.tl()})
		return err
	})
	if err != nil {
		c.o.Log.Debug("telegram call not discarded", "tg_call_id", call.ID, "err", err)
	}
}

// signal sends one blob of signalling. What Telegram or the connection drops is tried once more; the engine's own repetition
// does the rest.
func (c *Client) signal(ctx context.Context, call tg.InputPhoneCall, data []byte) error {
	send := func() error {
		ok, err := c.api.PhoneSendSignalingData(ctx, &tg.PhoneSendSignalingDataRequest{Peer: call, Data: data})
		if err == nil && !ok {
			return errors.New("refused")
		}
		return err
	}
	err := c.flood.use(methodSignal, send)
	if ctx.Err() == nil && mayRetry(err) {
		err = c.flood.use(methodSignal, send)
	}
	return err
}

// mayRetry is for errors of Telegram's machines and of the connection, not for its refusals.
func mayRetry(err error) bool {
	if err == nil || errors.As(err, new(*FloodError)) {
		return false
	}
	rpc, ok := tgerr.As(err)
	return !ok || rpc.Code >= 500
}
