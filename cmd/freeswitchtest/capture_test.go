package main

import (
	_ "embed"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vertoOffer is one that FreeSWITCH 1.11 made.
//
//go:embed testdata/verto-offer.sdp
var vertoOffer string

func TestSecretsAreMaskedAndNothingElseMoves(t *testing.T) {
	for text, want := range map[string]string{
		"auth ClueCon\n\n": "auth *******\n\n",
		`Digest nonce="abc", response="0123456789ab"`: `Digest nonce="abc", response="************"`,
		"a=crypto:1 AES_CM_128 inline:AbC+/9==\r\n":   "a=crypto:1 AES_CM_128 inline:********\r\n",
		`{"variable_sip_auth_response":"dead"}`:       `{"variable_sip_auth_response":"****"}`,
		"api originate user/1000 &park()\n\n":         "api originate user/1000 &park()\n\n",
	} {
		if got := string(masked([]byte(text))); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsSaidIsKeptByRow(t *testing.T) {
	tape := &tape{dir: t.TempDir(), port: ":5070", row: "start"}
	tape.turn("uuid_hold, and back")
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	go func() { _, _ = far.Write([]byte("Content-Type: auth/request\n\n")) }()
	b := make([]byte, 100)
	if _, err := (taped{near, tape}).Read(b); err != nil {
		t.Fatal(err)
	}
	tape.SIPTraceWrite("UDP", "127.0.0.1:5070", "127.0.0.1:5060", []byte("BYE"))
	tape.SIPTraceWrite("UDP", "127.0.0.1:40000", "127.0.0.1:5060", []byte("of a telephone"))
	if err := tape.failure(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"uuid-hold-and-back.esl": "--- S: (28 bytes)\nContent-Type: auth/request\n\n\n", "uuid-hold-and-back.sip": "--- C: (3 bytes)\nBYE\n"} {
		got, err := os.ReadFile(filepath.Join(tape.dir, file))
		if err != nil || strings.TrimSpace(string(got)) != strings.TrimSpace(want) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}
