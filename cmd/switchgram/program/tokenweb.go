package program

import "net/netip"

// TokenWeb is where others ask us over HTTP who show a token.
type TokenWeb struct {
	Listen      netip.AddrPort `yaml:"listen"`      // none: nowhere; off loopback only with a certificate
	Certificate string         `yaml:"certificate"` // PEM files, for HTTPS
	Key         string         `yaml:"key"`
	Tokens      []SecretAt     `yaml:"tokens"` // that let in
}

// tokenWords are what a TokenWeb's owner says of it: who is missing a listener and where it could be, what others could see there, who needs tokens, and
// whether it can do without.
type tokenWords struct {
	missing, risk, tokens string
	without               bool
}

// check reports what is wrong with it; block is where it stands, with a dot behind.
func (w *TokenWeb) check(say func(key, format string, args ...any), block string, words tokenWords) {
	if (w.Certificate == "") != (w.Key == "") {
		say(block+"certificate", "want certificate and key, or neither")
	}
	switch {
	case !w.Listen.IsValid() && len(w.Tokens) > 0:
		say(block+"listen", "missing: %s", words.missing)
	case !w.Listen.IsValid():
	case !w.Listen.Addr().IsLoopback() && w.Certificate == "":
		say(block+"listen", "%s: %s; want a loopback address, or certificate and key", w.Listen, words.risk)
	case len(w.Tokens) == 0 && !words.without:
		say(block+"tokens", "want the tokens that let %s", words.tokens)
	}
}

// files are the names of files in it.
func (w *TokenWeb) files() []*string {
	all := []*string{&w.Certificate, &w.Key}
	for i := range w.Tokens {
		all = append(all, &w.Tokens[i].File)
	}
	return all
}
