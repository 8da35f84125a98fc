package signal

// InitialSetup tells the other side how to reach and whom to trust: ICE credentials (RFC 8445 §5.3) and the certificate of the
// DTLS handshake (RFC 8122).
type InitialSetup struct {
	Ufrag        string
	Pwd          string
	Renomination bool          // the sender understands ICE's renomination attribute; both true: the caller nominates by it alone
	Fingerprints []Fingerprint // the first counts; at least one in what Parse returns
}

// Fingerprint is the hash of a certificate and the sender's part in the DTLS handshake.
type Fingerprint struct {
	Hash        string // "sha-256"
	Setup       string // RFC 4145: "actpass" from the caller, "passive" or "active" from the callee
	Fingerprint string // upper-case hex pairs, joined by colons
}

type setupWire struct {
	Type         string            `json:"@type"`
	Fingerprints []fingerprintWire `json:"fingerprints"`
	Pwd          string            `json:"pwd"`
	Renomination bool              `json:"renomination"`
	Ufrag        string            `json:"ufrag"`
}

type fingerprintWire struct {
	Fingerprint string `json:"fingerprint"`
	Hash        string `json:"hash"`
	Setup       string `json:"setup"`
}

func (InitialSetup) name() string { return "InitialSetup" }

func (m InitialSetup) wire() any {
	w := setupWire{Type: m.name(), Pwd: m.Pwd, Renomination: m.Renomination, Ufrag: m.Ufrag, Fingerprints: []fingerprintWire{}}
	for _, f := range m.Fingerprints {
		w.Fingerprints = append(w.Fingerprints, fingerprintWire{Fingerprint: f.Fingerprint, Hash: f.Hash, Setup: f.Setup})
	}
	return w
}

func parseInitialSetup(o *object) Message {
	m := InitialSetup{
		Ufrag:        o.nonEmpty("ufrag"),
		Pwd:          o.nonEmpty("pwd"),
		Renomination: o.boolOr("renomination", false),
		Fingerprints: list(o, "fingerprints", parseFingerprint),
	}
	if len(m.Fingerprints) == 0 {
		o.fail("fingerprints", "empty")
	}
	return m
}

func parseFingerprint(o *object) Fingerprint {
	return Fingerprint{Hash: o.text("hash"), Setup: o.text("setup"), Fingerprint: o.text("fingerprint")}
}
