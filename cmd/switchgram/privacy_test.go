package main

import (
	"testing"

	"switchgram/tgcall/testnet"
)

func TestPrivacyIsShownAndSet(t *testing.T) {
	s := sit(t)
	_, ann := s.telegram(testnet.UserOptions{})
	config := s.loggedIn(ann)

	s.want(0, "privacy", "-c", config, "-l", "sales")
	s.out.await(s.ctx, t, "may call it       everybody\nsee its number    everybody\ncall it directly  everybody\n")

	s.want(0, "privacy", "-c", config, "--calls", "contacts", "--p2p", "nobody")
	s.out.await(s.ctx, t, "may call it       contacts\nsee its number    everybody\ncall it directly  nobody\n")

	s.want(0, "privacy", "-c", config, "--phone-number=nobody")
	s.out.await(s.ctx, t, "may call it       contacts\nsee its number    nobody\ncall it directly  nobody\n")

	s.want(2, "privacy", "-c", config, "--calls", "friends")
	s.sees(`"friends": want everybody, contacts or nobody`)
}
