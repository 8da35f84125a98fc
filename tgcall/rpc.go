package tgcall

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

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
	err := c.resend(ctx, methodConfig, func() (err error) {
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

// request places a call. A failure of Telegram's own is tried again once, with another random id. If a broken connection, here or unseen in
// gotd, had the request made twice, the second is a duplicate: then the call that Telegram has is looked for, so that it rings once.
func (c *Client) request(ctx context.Context, to tg.InputUserClass, gAHash []byte) (*tg.PhonePhoneCall, error) {
	var answer *tg.PhonePhoneCall
	q := &tg.PhoneRequestCallRequest{UserID: to, RandomID: randomID(), GAHash: gAHash, Protocol: c.protocol()}
	send := func() (err error) {
		answer, err = c.api.PhoneRequestCall(ctx, q)
		return err
	}
	err := c.resend(ctx, methodRequest, send)
	if tgerr.Is(err, "RANDOM_ID_DUPLICATE") {
		if w := c.find(ctx, inputPeer(to).ID); w != nil {
			return &tg.PhonePhoneCall{PhoneCall: w}, nil
		}
	}
	if tgerr.Is(err, "RANDOM_ID_DUPLICATE", "PARTICIPANT_CALL_FAILED") {
		q.RandomID = randomID()
		err = c.resend(ctx, methodRequest, send)
	}
	return answer, err
}

// findFor is how long an update may take that speaks of a call whose answer was lost.
const findFor = 3 * time.Second

// find waits for Telegram to speak of a call of ours to a person; nil: it does not.
func (c *Client) find(ctx context.Context, callee int64) *tg.PhoneCallWaiting {
	timer := time.NewTimer(findFor)
	defer timer.Stop()
	select {
	case w := <-c.registry.search(callee):
		return w
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// randomID is positive and has 31 bits.
func randomID() int {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return int(binary.LittleEndian.Uint32(b[:])>>1) | 1
}

// discard tells Telegram that a call is over, for at most five seconds and even if ctx has ended. It is nil when Telegram knows.
func (c *Client) discard(ctx context.Context, call tg.InputPhoneCall, r DiscardReason, seconds int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	err := c.resend(ctx, methodDiscard, func() error {
		_, err := c.api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: call, Duration: seconds, Reason: r.tl()})
		return err
	})
	if err == nil || isOver(err) || errors.Is(err, ErrOccupied) {
		return nil
	}
	c.o.Log.Debug("telegram call not discarded", "tg_call_id", call.ID, "err", err)
	return err
}

// signal sends one blob of signalling. One that Telegram's machines fail at is sent once more. One that the connection loses is sent
// again until that is back, as long as ctx allows, which is as long as the media runs: the call does not depend on the connection. Those
// behind it wait in order in the engine, which bounds them.
func (c *Client) signal(ctx context.Context, call tg.InputPhoneCall, data []byte) error {
	send := func() error {
		ok, err := c.api.PhoneSendSignalingData(ctx, &tg.PhoneSendSignalingDataRequest{Peer: call, Data: data})
		if err == nil && !ok {
			return errRefused
		}
		return err
	}
	err := c.resend(ctx, methodSignal, send)
	if rpc, ok := tgerr.As(err); ok && rpc.Code >= 500 {
		err = c.resend(ctx, methodSignal, send)
	}
	return err
}

// errRefused is for an answer that is false.
var errRefused = errors.New("refused")

// Pauses between two attempts of a request that the connection lost.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// resend makes a request, and makes it again for as long as the connection loses it and ctx allows: it may reach Telegram more than once.
// Most of what a lost connection brings gotd repeats by itself; not what was being written when it
// broke, and not what was received but not answered.
func (c *Client) resend(ctx context.Context, method string, send func() error) error {
	for wait := firstPause; ; wait = min(2*wait, lastPause) {
		err := c.flood.use(method, send)
		if !isLost(err) || !pause(ctx, wait) {
			return err
		}
	}
}

// isLost reports whether an error is the connection's, and not Telegram's answer.
func isLost(err error) bool {
	if err == nil || errors.Is(err, errRefused) || errors.As(err, new(*FloodError)) {
		return false
	}
	_, answered := tgerr.As(err)
	return !answered
}
