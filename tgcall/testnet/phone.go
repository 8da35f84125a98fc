package testnet

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Every client sends these layers of the calling protocol; the engine has fixed them.
const (
	protocolMin = 65
	protocolMax = 92
)

// hashSize of g_a_hash, SHA-256.
const hashSize = 32

// callConfig is for engines from before 2020; those of today ignore it.
func callConfig() bin.Encoder { return &tg.DataJSON{Data: "{}"} }

func checkProtocol(p tg.PhoneCallProtocol) error {
	switch {
	case !p.UDPP2P && !p.UDPReflector:
		return tgerr.New(400, "CALL_PROTOCOL_FLAGS_INVALID")
	case p.MinLayer > p.MaxLayer || p.MinLayer > protocolMax || p.MaxLayer < protocolMin:
		return tgerr.New(400, "CALL_PROTOCOL_LAYER_INVALID")
	}
	return nil
}

// mergeVersions returns the highest version that both have, alone, or nil. Apps that name none mean 2.4.4.
func mergeVersions(a, b []string) []string {
	named := func(v []string) []string {
		if len(v) == 0 {
			return []string{"2.4.4"}
		}
		return v
	}
	var best []string
	for _, v := range named(a) {
		if slices.Contains(named(b), v) && (best == nil || compareVersions(v, best[0]) > 0) {
			best = []string{v}
		}
	}
	return best
}

// compareVersions compares dotted numbers; what is not a number counts as 0.
func compareVersions(a, b string) int {
	numbers := func(v string) (n []int) {
		for part := range strings.SplitSeq(v, ".") {
			i, _ := strconv.Atoi(part)
			n = append(n, i)
		}
		return n
	}
	return slices.Compare(numbers(a), numbers(b))
}

func (r *request) requestCall(q *tg.PhoneRequestCallRequest) (bin.Encoder, error) {
	callee, err := r.inputUser(q.UserID)
	if err == nil {
		err = r.mayCall(callee)
	}
	if err == nil {
		err = checkProtocol(q.Protocol)
	}
	switch {
	case err != nil:
		return nil, err
	case len(q.GAHash) != hashSize:
		return nil, tgerr.New(400, "CALL_PROTOCOL_FLAGS_INVALID")
	case r.n.calls.repeated(r.user, q.RandomID):
		return nil, tgerr.New(500, "RANDOM_ID_DUPLICATE")
	}
	c := &call{n: r.n, id: positive64(), random: q.RandomID, video: q.Video, requested: time.Now(), gaHash: q.GAHash,
		caller:   side{user: r.user, access: positive64(), device: r.device, offer: q.Protocol},
		callee:   side{user: callee, access: positive64()},
		turnUser: randomHex(8), turnPassword: randomHex(16), peerTag: newPeerTag()}
	r.n.calls.byID[c.id] = c
	r.n.courier.after(r.n.o.RingTimeout, func() { r.n.expire(c, callAccepted, &tg.PhoneCallDiscardReasonMissed{}) })
	r.then(func() {
		r.n.pushAll(callee, nil, func(v viewer) bin.Encoder { return c.update(v, c.asked()) })
	})
	return c.answer(r.viewer(), c.waiting(&c.caller)), nil
}

// mayCall applies the callee's privacy.
func (r *request) mayCall(callee *User) error {
	switch {
	case callee == r.user:
		return tgerr.New(400, "USER_ID_INVALID")
	case callee.blocked[r.user]:
		return tgerr.New(403, "USER_IS_BLOCKED")
	case !callee.allows(tg.InputPrivacyKeyPhoneCallTypeID, r.user):
		return tgerr.New(403, "USER_PRIVACY_RESTRICTED")
	case callee.outdated:
		return tgerr.New(400, "PARTICIPANT_VERSION_OUTDATED")
	}
	return nil
}

func (t *callTable) repeated(caller *User, random int) bool {
	for _, c := range t.byID {
		if c.caller.user == caller && c.random == random {
			return true
		}
	}
	return false
}

// update is an update about the call with the two people.
func (c *call) update(v viewer, p tg.PhoneCallClass) *tg.Updates {
	return &tg.Updates{Updates: []tg.UpdateClass{&tg.UpdatePhoneCall{PhoneCall: p}},
		Users: v.seeAll(c.caller.user, c.callee.user), Date: unix(time.Now())}
}

func (c *call) answer(v viewer, p tg.PhoneCallClass) *tg.PhonePhoneCall {
	return &tg.PhonePhoneCall{PhoneCall: p, Users: v.seeAll(c.caller.user, c.callee.user)}
}

// call finds the call that a client means, and on which side it is. A call with oneself is not possible, so one side fits at most.
func (r *request) call(in tg.InputPhoneCall) (*call, *side, error) {
	c := r.n.calls.byID[in.ID]
	if c == nil {
		return nil, nil, tgerr.New(400, "CALL_PEER_INVALID")
	}
	for _, s := range []*side{&c.caller, &c.callee} {
		if s.user == r.user && s.access == in.AccessHash {
			return c, s, nil
		}
	}
	return nil, nil, tgerr.New(400, "CALL_PEER_INVALID")
}

// liveCall is call for methods that are of no use once it is over.
func (r *request) liveCall(in tg.InputPhoneCall) (*call, *side, error) {
	c, s, err := r.call(in)
	if err == nil && c.state == callOver {
		err = tgerr.New(400, "CALL_ALREADY_DECLINED")
	}
	return c, s, err
}

// receivedCall: the callee's first device to say so makes the caller hear ringing.
func (r *request) receivedCall(q *tg.PhoneReceivedCallRequest) (bin.Encoder, error) {
	c, s, err := r.liveCall(q.Peer)
	if err != nil {
		return nil, err
	}
	if s == &c.callee && c.state == callRequested {
		c.state, c.received = callReceived, time.Now()
		r.tell(c, &c.caller, func() tg.PhoneCallClass { return c.waiting(&c.caller) })
	}
	return &tg.BoolTrue{}, nil
}

// tell queues the state of the call for the device on side s.
func (r *request) tell(c *call, s *side, build func() tg.PhoneCallClass) {
	d := s.device
	r.then(func() {
		r.n.push(d, func(v viewer) bin.Encoder { return c.update(v, build()) })
	})
}

// acceptCall: the first device wins, the others stop ringing.
func (r *request) acceptCall(q *tg.PhoneAcceptCallRequest) (bin.Encoder, error) {
	c, s, err := r.liveCall(q.Peer)
	if err == nil {
		err = checkProtocol(q.Protocol)
	}
	switch {
	case err != nil:
		return nil, err
	case s != &c.callee:
		return nil, tgerr.New(400, "CALL_PEER_INVALID")
	case c.state >= callAccepted:
		return nil, tgerr.New(400, "CALL_ALREADY_ACCEPTED")
	}
	merged := mergeVersions(c.caller.offer.LibraryVersions, q.Protocol.LibraryVersions)
	if merged == nil {
		return nil, tgerr.New(406, "CALL_PROTOCOL_COMPAT_LAYER_INVALID")
	}
	c.state, c.gb, c.versions = callAccepted, q.GB, merged
	c.received = cmp.Or(c.received, time.Now())
	s.device, s.offer = r.device, q.Protocol
	r.n.courier.after(r.n.o.ReceiveTimeout, func() { r.n.expire(c, callActive, &tg.PhoneCallDiscardReasonDisconnect{}) })
	r.tell(c, &c.caller, func() tg.PhoneCallClass { return c.accepted() })
	r.then(func() {
		r.n.pushAll(r.user, r.device, func(v viewer) bin.Encoder { return c.update(v, &tg.PhoneCallDiscarded{Video: c.video, ID: c.id}) })
	})
	return c.answer(r.viewer(), c.waiting(s)), nil
}

// confirmCall: the caller has the key, and shows its half of it. The network does not check the half against its hash: that is the callee's
// business, and a test of it wants a caller that cheats.
func (r *request) confirmCall(q *tg.PhoneConfirmCallRequest) (bin.Encoder, error) {
	c, s, err := r.liveCall(q.Peer)
	switch {
	case err != nil:
		return nil, err
	case s != &c.caller || c.state != callAccepted || r.device != s.device:
		return nil, tgerr.New(400, "CALL_PEER_INVALID")
	}
	c.state, c.ga, c.fingerprint, c.started = callActive, q.GA, q.KeyFingerprint, time.Now()
	r.tell(c, &c.callee, func() tg.PhoneCallClass { return c.active(&c.callee) })
	return c.answer(r.viewer(), c.active(s)), nil
}

func (r *request) setCallRating(*tg.PhoneSetCallRatingRequest) (bin.Encoder, error) {
	return &tg.Updates{Date: unix(time.Now())}, nil
}
