package main

import (
	"path/filepath"
	"testing"
)

func TestANumberIsTriedAgainstWhatScriptsMayDial(t *testing.T) {
	s := sit(t)
	config := filepath.Join(t.TempDir(), "switchgram.yaml")
	write(t, config, `telegram: {api_id: 1, api_hash_env: HASH}
sip: {listen: ["udp:127.0.0.1:0"]}
routes: {directory: routes, dial: {allow: ["+44*", "!+4915*"]}}
lines: [{name: sales, to: "sip:1000", country: DE, sip: {registrar: 127.0.0.1, user: telegram}}]
`)
	for _, c := range []struct {
		status      int
		number      string
		means, says string
	}{
		{0, "030 123456-7", "+49301234567", "allowed  it is an ordinary number of DE"},
		{0, "0044 20 7123 4567", "+442071234567", "allowed  the configuration allows +44*"},
		{1, "0151 12345678", "+4915112345678", "refused  the configuration forbids !+4915*"},
		{1, "0900 1234567", "+499001234567", "refused  it is not an ordinary number, which may be dear"},
		{1, "+33123456789", "+33123456789", "refused  it is abroad"},
		{0, "204", "", "allowed  it is an extension"},
	} {
		s.want(c.status, "route", "dial", "-c", config, c.number)
		for _, text := range []string{c.number, c.means, c.says} {
			s.out.await(s.ctx, t, text)
		}
	}
	s.want(0, "route", "dial", "-help")
	s.out.await(s.ctx, t, "line rules test")
}
