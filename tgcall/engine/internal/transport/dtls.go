package transport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"
)

// profiles in the order we like them. Telegram's engine as server takes the last whatever we say.
func profiles() []dtls.SRTPProtectionProfile {
	return []dtls.SRTPProtectionProfile{
		dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80,
	}
}

// flight is the time until a flight of the handshake is repeated; pion's second would be heard. It does not grow, as RFC 6347
// §4.2.4.1 would like: with a quarter of the packets lost the slowest of 80 handshakes took 13 s so, and takes 2 s now. A call gives
// up after 20 s, which bounds what we send.
const flight = 200 * time.Millisecond

func (t *Transport) newDTLS() (*dtls.Conn, error) {
	if t.o.Client {
		return t.client(profiles())
	}
	return t.server(profiles())
}

func (t *Transport) client(p []dtls.SRTPProtectionProfile) (*dtls.Conn, error) {
	var options []dtls.ClientOption
	for _, o := range t.options(p) {
		options = append(options, o)
	}
	return dtls.ClientWithOptions(t.records, t.records.RemoteAddr(), options...)
}

func (t *Transport) server(p []dtls.SRTPProtectionProfile) (*dtls.Conn, error) {
	options := []dtls.ServerOption{
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithInsecureSkipVerifyHello(true), // ICE has made sure of the peer's address; it would cost a round trip
	}
	for _, o := range t.options(p) {
		options = append(options, o)
	}
	return dtls.ServerWithOptions(t.records, t.records.RemoteAddr(), options...)
}

func (t *Transport) options(p []dtls.SRTPProtectionProfile) []dtls.Option {
	return []dtls.Option{
		dtls.WithCertificates(t.o.Certificate.tls),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // the fingerprint says whose certificate it is
		dtls.WithVerifyConnection(t.verify),
		dtls.WithFlightInterval(flight),
		dtls.WithDisableRetransmitBackoff(true),
		dtls.WithSRTPProtectionProfiles(p...),
		dtls.WithLoggerFactory(t.o.PionLogs),
	}
}

func (t *Transport) verify(s *dtls.State) error {
	if len(s.PeerCertificates) == 0 || !t.o.Remote.matches(s.PeerCertificates[0]) {
		return ErrFingerprint
	}
	return nil
}

// secure runs the handshake and gives the SRTP keys away.
func (t *Transport) secure(ctx context.Context) error {
	select {
	case <-t.begin:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := t.dtls.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("DTLS handshake: %w", err)
	}
	t.records.established.Store(true)
	local, remote, err := t.keys()
	if err != nil {
		return fmt.Errorf("SRTP keys: %w", err)
	}
	t.o.OnKeys(local, remote)
	return nil
}

// replayWindow in packets: a path may reorder more than RFC 3711's 64.
const replayWindow = 512

func (t *Transport) keys() (local, remote *srtp.Context, err error) {
	state, ok := t.dtls.ConnectionState()
	profile, agreed := t.dtls.SelectedSRTPProtectionProfile()
	if !ok || !agreed {
		return nil, nil, errors.New("no profile was agreed")
	}
	c := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := c.ExtractSessionKeysFromDTLS(&state, t.o.Client); err != nil {
		return nil, nil, err
	}
	if local, err = srtp.CreateContext(c.Keys.LocalMasterKey, c.Keys.LocalMasterSalt, c.Profile); err != nil {
		return nil, nil, err
	}
	remote, err = srtp.CreateContext(c.Keys.RemoteMasterKey, c.Keys.RemoteMasterSalt, c.Profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	t.o.Log.Debug("dtls", "cipher", fmt.Sprint(state.CipherSuiteID), "srtp", fmt.Sprint(c.Profile), "client", t.o.Client)
	return local, remote, err
}
