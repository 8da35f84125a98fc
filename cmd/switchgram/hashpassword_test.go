package main

import (
	"fmt"
	"testing"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
)

func TestHashIsThatOfThePasswordTyped(t *testing.T) {
	s := sit(t)
	s.in.types("correct horse")
	s.want(0, "hash-password", "-sip-user", "bob")

	var text, digest string
	if _, err := fmt.Sscanf(s.out.String(), "password: %q\nsip_digest: %q\n", &text, &digest); err != nil {
		t.Fatalf("%v: %s", err, s.out)
	}
	if hash, err := line.ParseHash(text); err != nil || !hash.Check("correct horse") {
		t.Errorf("hash %s: %v", text, err)
	}
	if want, _ := sip.Digest("SHA-256", "bob", "switchgram", "correct horse"); digest != want {
		t.Errorf("digest %s, want %s", digest, want)
	}
	if s.err.String() != "Password: " {
		t.Errorf("it says %q", s.err)
	}
}

func TestEmptyPasswordIsNotHashed(t *testing.T) {
	s := sit(t)
	s.in.types("")
	s.want(1, "hash-password")
	s.sees("switchgram: hash password: it is empty")
}
