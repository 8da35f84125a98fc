package transport

import (
	"testing"

	"github.com/pion/dtls/v3"
)

// TestCiphersOfPeers: BoringSSL prefers one or the other, depending on its machine.
func TestCiphersOfPeers(t *testing.T) {
	for _, suite := range []dtls.CipherSuiteID{dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256} {
		for name, weAreClient := range map[string]bool{"we are client": true, "we are server": false} {
			t.Run(suite.String()+" "+name, func(t *testing.T) {
				us, peer := newPair(t, weAreClient, 0)
				conn := only(t, peer, suite, !weAreClient)
				peer.dtls, peer.channel.conn = conn, conn
				run(t, us, peer)
				next(t, "keys", us.keys)
				next(t, "channel", us.opened)
				if state, ok := us.dtls.ConnectionState(); !ok || state.CipherSuiteID != suite {
					t.Errorf("agreed on %v", state.CipherSuiteID)
				}
			})
		}
	}
}

// only is the DTLS connection of an end that knows one cipher suite.
func only(t *testing.T, e *end, suite dtls.CipherSuiteID, client bool) *dtls.Conn {
	t.Helper()
	var conn *dtls.Conn
	var err error
	all := append(e.options(profiles()), dtls.WithCipherSuites(suite))
	if client {
		var options []dtls.ClientOption
		for _, o := range all {
			options = append(options, o)
		}
		conn, err = dtls.ClientWithOptions(e.records, e.records.RemoteAddr(), options...)
	} else {
		options := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
		for _, o := range all {
			options = append(options, o)
		}
		conn, err = dtls.ServerWithOptions(e.records, e.records.RemoteAddr(), options...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
