package xml

import (
	"crypto/md5" // of digest authentication, which FreeSWITCH asks for
	"encoding/hex"
)

// User is an entry of the directory.
type User struct {
	ID string // what it logs in as, and is called by

	// Digest is H(A1) of RFC 7616 §3.4.2 for MD5, in hexadecimal; empty: the user cannot log in under that realm. FreeSWITCH gets it when
	// it checks a login, and never otherwise. See A1.
	Digest func(realm string) string

	Context string // of the dialplan, that its calls begin in
	Caller  string // number and name that it calls by, whatever it says itself; empty: what it says
	Line    string // name of the line that registers as this user; empty: a person, who may be called by ID and log in by Verto, too

	Variables map[string]string // more of them, that calls of the user are to have
}

// A1 is the digest of a password that FreeSWITCH takes in its place: MD5 of "user:realm:password" in hexadecimal. The realm is the domain.
func A1(user, realm, password string) string {
	sum := md5.Sum([]byte(user + ":" + realm + ":" + password))
	return hex.EncodeToString(sum[:])
}
