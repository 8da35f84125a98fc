package sip

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// FuzzRequest reads of a request what is read before anybody knows who sent it.
func FuzzRequest(f *testing.F) {
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	if err != nil || len(files) == 0 {
		f.Fatal(err, len(files))
	}
	for _, file := range append(files, "testdata/freeswitch-invite.sip") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	parser := newParser()
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parser.ParseSIP(text)
		if err != nil {
			return
		}
		req, ok := m.(*sip.Request)
		if !ok {
			return
		}
		c := &arrival{req: req}
		if c.fault() != 0 {
			return
		}
		if len(c.unsupported()) > 8 {
			t.Error("too many extensions are named")
		}
		c.refusesSDP()
		if asked, err := parseRefer(req); err == nil && len(asked.To) > 4*maxValue {
			t.Errorf("transfer to %d bytes", len(asked.To))
		}
		for _, h := range req.GetHeaders("Contact") {
			if contact, ok := h.(*sip.ContactHeader); ok && weightOf(contact) > 1000 {
				t.Errorf("weight %d", weightOf(contact))
			}
		}
	})
}
