package main

import (
	"fmt"
	"strings"
	"testing"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/xml"
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

func TestDigestForOldTelephonesIsPrinted(t *testing.T) {
	s := sit(t)
	s.in.types("correct horse")
	s.want(0, "hash-password", "--sip-user", "bob", "--md5")
	if want, _ := sip.Digest("MD5", "bob", "switchgram", "correct horse"); !strings.Contains(s.out.String(), want) {
		t.Errorf("printed %s, want %s", s.out, want)
	}
}

func TestEmptyPasswordIsNotHashed(t *testing.T) {
	s := sit(t)
	s.in.types("")
	s.want(1, "hash-password")
	s.sees("switchgram: hash password: it is empty")
}

func TestDigestForFreeSWITCHIsPrinted(t *testing.T) {
	s := sit(t)
	s.in.types("correct horse")
	s.want(0, "hash-password", "-sip-user", "bob", "-freeswitch", "voice.example")
	if want := "a1_hash: \"" + xml.A1("bob", "voice.example", "correct horse") + "\"\n"; !strings.Contains(s.out.String(), want) {
		t.Errorf("no %s in %s", want, s.out)
	}
	s.want(2, "hash-password", "-freeswitch", "voice.example")
	s.sees("whose login? Want --sip-user, too")
}
