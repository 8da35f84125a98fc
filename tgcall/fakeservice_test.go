package tgcall

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// fakeCall is one call of the service.
type fakeCall struct {
	id             int64
	random         int         // random_id of the request
	caller, callee *fakeDevice // callee: nil until accepted
	to             int64
	gAHash, gA, gB []byte
	fingerprint    int64
	versions       []string
	over           bool
}

func (f *fakeTelegram) serve(d *fakeDevice, in bin.Encoder) (bin.Encoder, error) {
	switch r := in.(type) {
	case *tg.HelpGetConfigRequest:
		if f.config == nil {
			return nil, tgerr.New(500, "INTERNAL")
		}
		config := *f.config // encoding writes into it
		return &config, nil
	case *tg.MessagesGetDhConfigRequest:
		random := make([]byte, r.RandomLength)
		_, _ = rand.Read(random)
		if r.Version == 3 {
			return &tg.MessagesDhConfigNotModified{Random: random}, nil
		}
		return &tg.MessagesDhConfig{G: 3, P: f.p, Version: 3, Random: random}, nil
	case *tg.PhoneRequestCallRequest:
		for _, c := range f.calls {
			if c.random == r.RandomID {
				return nil, tgerr.New(500, "RANDOM_ID_DUPLICATE")
			}
		}
		return f.requestCall(d, r), nil
	case *tg.PhoneReceivedCallRequest:
		return f.receivedCall(r.Peer)
	case *tg.PhoneAcceptCallRequest:
		return f.acceptCall(d, r)
	case *tg.PhoneConfirmCallRequest:
		return f.confirmCall(r)
	case *tg.PhoneSendSignalingDataRequest:
		return f.sendSignalling(d, r)
	case *tg.PhoneDiscardCallRequest:
		return f.discardCall(d, r)
	}
	return nil, tgerr.New(400, "METHOD_UNKNOWN")
}

func (f *fakeTelegram) requestCall(d *fakeDevice, r *tg.PhoneRequestCallRequest) bin.Encoder {
	f.lastID++
	c := &fakeCall{id: f.lastID, random: r.RandomID, caller: d, to: r.UserID.(*tg.InputUser).UserID, gAHash: r.GAHash, versions: r.Protocol.LibraryVersions}
	f.calls[c.id] = c
	f.send(c.to, nil, &tg.PhoneCallRequested{
		ID: c.id, AccessHash: hashFor(c, c.to), Date: int(time.Now().Unix()), AdminID: d.user, ParticipantID: c.to, GAHash: c.gAHash,
	})
	return f.waiting(c, d.user, 0)
}

// hashFor is the call's access hash, which differs for the two sides.
func hashFor(c *fakeCall, user int64) int64 { return c.id*1000 + user }

func (f *fakeTelegram) waiting(c *fakeCall, user int64, received int) *tg.PhonePhoneCall {
	w := &tg.PhoneCallWaiting{ID: c.id, AccessHash: hashFor(c, user), AdminID: c.caller.user, ParticipantID: c.to}
	if received != 0 {
		w.SetReceiveDate(received)
	}
	return f.answer(w)
}

func (f *fakeTelegram) answer(call tg.PhoneCallClass) *tg.PhonePhoneCall {
	if f.mangle != nil {
		f.mangle(call)
	}
	users := []tg.UserClass{}
	for _, d := range f.devices {
		users = append(users, fakeUser(d.user))
	}
	return &tg.PhonePhoneCall{PhoneCall: call, Users: users}
}

// send gives an update to all devices of a user, or to one.
func (f *fakeTelegram) send(user int64, only *fakeDevice, call tg.PhoneCallClass) {
	if f.holding[call.TypeName()] {
		return
	}
	if f.mangle != nil {
		f.mangle(call)
	}
	for _, d := range f.devices {
		if d == only || only == nil && d.user == user {
			d.updates <- &tg.UpdatePhoneCall{PhoneCall: call}
		}
	}
}

func (f *fakeTelegram) find(p tg.InputPhoneCall) (*fakeCall, error) {
	c := f.calls[p.ID]
	if c == nil || p.AccessHash != hashFor(c, c.caller.user) && p.AccessHash != hashFor(c, c.to) {
		return nil, tgerr.New(400, "CALL_PEER_INVALID")
	}
	if c.over {
		return nil, tgerr.New(400, "CALL_ALREADY_DECLINED")
	}
	return c, nil
}

func (f *fakeTelegram) receivedCall(p tg.InputPhoneCall) (bin.Encoder, error) {
	c, err := f.find(p)
	if err != nil {
		return nil, err
	}
	f.send(0, c.caller, f.waiting(c, c.caller.user, 1).PhoneCall)
	return &tg.BoolTrue{}, nil
}

func (f *fakeTelegram) acceptCall(d *fakeDevice, r *tg.PhoneAcceptCallRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, err
	}
	if c.callee != nil {
		return nil, tgerr.New(400, "CALL_ALREADY_ACCEPTED")
	}
	common := slices.DeleteFunc(slices.Clone(c.versions), func(v string) bool { return !slices.Contains(r.Protocol.LibraryVersions, v) })
	if len(common) == 0 {
		return nil, tgerr.New(406, "CALL_PROTOCOL_COMPAT_LAYER_INVALID")
	}
	c.callee, c.gB, c.versions = d, r.GB, common[:1]
	f.send(0, c.caller, &tg.PhoneCallAccepted{
		ID: c.id, AccessHash: hashFor(c, c.caller.user), AdminID: c.caller.user, ParticipantID: c.to, GB: c.gB,
		Protocol: tg.PhoneCallProtocol{LibraryVersions: c.versions},
	})
	for _, other := range f.devices {
		if other.user == d.user && other != d {
			f.send(0, other, &tg.PhoneCallDiscarded{ID: c.id})
		}
	}
	return f.waiting(c, d.user, 1), nil
}

func (f *fakeTelegram) confirmCall(r *tg.PhoneConfirmCallRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, err
	}
	if c.gA != nil {
		return nil, tgerr.New(400, "CALL_PEER_INVALID")
	}
	c.gA, c.fingerprint = r.GA, r.KeyFingerprint
	f.send(0, c.callee, f.final(c, c.to, c.gA))
	f.send(0, c.caller, f.final(c, c.caller.user, c.gB))
	return f.answer(f.final(c, c.caller.user, c.gB)), nil
}

func (f *fakeTelegram) final(c *fakeCall, user int64, half []byte) *tg.PhoneCall {
	return &tg.PhoneCall{
		ID: c.id, AccessHash: hashFor(c, user), AdminID: c.caller.user, ParticipantID: c.to, GAOrB: half, KeyFingerprint: c.fingerprint,
		Protocol: tg.PhoneCallProtocol{LibraryVersions: c.versions}, P2PAllowed: true,
		Connections: []tg.PhoneConnectionClass{&tg.PhoneConnectionWebrtc{Stun: true, IP: "127.0.0.1", Port: 3478}},
	}
}

func (f *fakeTelegram) sendSignalling(d *fakeDevice, r *tg.PhoneSendSignalingDataRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, tgerr.New(400, "CALL_NOT_ACTIVE")
	}
	to := c.callee
	if d == c.callee {
		to = c.caller
	}
	to.updates <- &tg.UpdatePhoneCallSignalingData{PhoneCallID: c.id, Data: r.Data}
	return &tg.BoolTrue{}, nil
}

func (f *fakeTelegram) discardCall(d *fakeDevice, r *tg.PhoneDiscardCallRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, err
	}
	c.over = true
	u := &tg.PhoneCallDiscarded{ID: c.id}
	u.SetReason(r.Reason)
	if d == c.caller {
		f.send(c.to, c.callee, u)
	} else {
		f.send(0, c.caller, u)
	}
	return &tg.Updates{}, nil
}
