package testnet_test

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/gotd/td/tg"
)

// half is one side's part of the key agreement, without the checks that a real client makes.
type half struct {
	prime, secret *big.Int
	public        []byte
}

func newHalf(t *testing.T, c *client) half {
	t.Helper()
	answer, err := c.api.MessagesGetDhConfig(testContext(t), &tg.MessagesGetDhConfigRequest{RandomLength: 256})
	if err != nil {
		t.Fatal(err)
	}
	config := answer.(*tg.MessagesDhConfig)
	secret := make([]byte, 256)
	_, _ = rand.Read(secret)
	h := half{prime: new(big.Int).SetBytes(config.P), secret: new(big.Int).SetBytes(secret)}
	public := new(big.Int).Exp(big.NewInt(int64(config.G)), h.secret, h.prime)
	h.public = public.FillBytes(make([]byte, 256))
	return h
}

func (h half) hash() []byte {
	sum := sha256.Sum256(h.public)
	return sum[:]
}

func (h half) fingerprint(other []byte) int64 {
	key := new(big.Int).Exp(new(big.Int).SetBytes(other), h.secret, h.prime)
	sum := sha1.Sum(key.FillBytes(make([]byte, 256)))
	return int64(binary.LittleEndian.Uint64(sum[12:]))
}

func protocol(versions ...string) tg.PhoneCallProtocol {
	return tg.PhoneCallProtocol{UDPP2P: true, UDPReflector: true, MinLayer: 65, MaxLayer: 92, LibraryVersions: versions}
}

// request is what a client sends to call somebody.
func request(h half, to *tg.User, versions ...string) *tg.PhoneRequestCallRequest {
	var id [4]byte
	_, _ = rand.Read(id[:])
	return &tg.PhoneRequestCallRequest{UserID: to.AsInput(), RandomID: int(binary.LittleEndian.Uint32(id[:]) >> 1), GAHash: h.hash(),
		Protocol: protocol(versions...)}
}

// dial sends a request that must not fail.
func dial(t *testing.T, c *client, h half, to *tg.User, versions ...string) tg.InputPhoneCall {
	t.Helper()
	answer, err := c.api.PhoneRequestCall(testContext(t), request(h, to, versions...))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := answer.PhoneCall.(*tg.PhoneCallWaiting)
	if !ok || w.ReceiveDate != 0 {
		t.Fatalf("the request was answered with %v", answer.PhoneCall)
	}
	return tg.InputPhoneCall{ID: w.ID, AccessHash: w.AccessHash}
}

// nextCall waits for an update about a call.
func nextCall[T tg.PhoneCallClass](t *testing.T, c *client) T {
	t.Helper()
	for {
		if v, ok := next[*tg.UpdatePhoneCall](t, c).PhoneCall.(T); ok {
			return v
		}
	}
}

func ring(t *testing.T, c *client) (tg.InputPhoneCall, *tg.PhoneCallRequested) {
	t.Helper()
	asked := nextCall[*tg.PhoneCallRequested](t, c)
	in := tg.InputPhoneCall{ID: asked.ID, AccessHash: asked.AccessHash}
	if ok, err := c.api.PhoneReceivedCall(testContext(t), in); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return in, asked
}

func accept(c *client, t *testing.T, in tg.InputPhoneCall, h half, versions ...string) (*tg.PhonePhoneCall, error) {
	t.Helper()
	return c.api.PhoneAcceptCall(testContext(t), &tg.PhoneAcceptCallRequest{Peer: in, GB: h.public, Protocol: protocol(versions...)})
}

// inCall is a call that both sides have agreed on.
type inCall struct {
	caller, callee     *client
	callerIn, calleeIn tg.InputPhoneCall
	callerHas          *tg.PhoneCall
	calleeHas          *tg.PhoneCall
	callerHalf         half
	calleeHalf         half
}

// establish makes a call from beginning to the common key.
func establish(t *testing.T, caller, callee *client, to string) inCall {
	t.Helper()
	c := inCall{caller: caller, callee: callee, callerHalf: newHalf(t, caller), calleeHalf: newHalf(t, callee)}
	c.callerIn = dial(t, caller, c.callerHalf, person(t, caller, to), "13.0.0", "9.0.0")
	c.calleeIn, _ = ring(t, callee)
	if _, err := accept(callee, t, c.calleeIn, c.calleeHalf, "9.0.0", "8.0.0"); err != nil {
		t.Fatal(err)
	}
	gb := nextCall[*tg.PhoneCallAccepted](t, caller).GB
	answer, err := caller.api.PhoneConfirmCall(testContext(t), &tg.PhoneConfirmCallRequest{Peer: c.callerIn, GA: c.callerHalf.public,
		KeyFingerprint: c.callerHalf.fingerprint(gb), Protocol: protocol("13.0.0", "9.0.0")})
	if err != nil {
		t.Fatal(err)
	}
	c.callerHas = answer.PhoneCall.(*tg.PhoneCall)
	c.calleeHas = nextCall[*tg.PhoneCall](t, callee)
	return c
}

func discard(t *testing.T, c *client, in tg.InputPhoneCall, duration int, reason tg.PhoneCallDiscardReasonClass) error {
	t.Helper()
	_, err := c.api.PhoneDiscardCall(testContext(t), &tg.PhoneDiscardCallRequest{Peer: in, Duration: duration, Reason: reason})
	return err
}

func (c inCall) send(t *testing.T, from *client, in tg.InputPhoneCall, data string) {
	t.Helper()
	if ok, err := from.api.PhoneSendSignalingData(testContext(t), &tg.PhoneSendSignalingDataRequest{Peer: in, Data: []byte(data)}); !ok || err != nil {
		t.Fatal(ok, err)
	}
}
