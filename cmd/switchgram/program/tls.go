package program

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// TLS is what SIP over TLS needs: our certificate, and whom we believe.
type TLS struct {
	Certificate string `yaml:"certificate"` // PEM files; needed to listen. A new one is taken when it is there
	Key         string `yaml:"key"`
	CA          string `yaml:"ca"`       // PEM file of who may have signed the far ends' certificates; empty: whom the system trusts
	Insecure    bool   `yaml:"insecure"` // believe any certificate
}

// files are the names of files that it has.
func (t *TLS) files() []*string { return []*string{&t.Certificate, &t.Key, &t.CA} }

func (t TLS) check(say func(key, format string, args ...any), listens bool) {
	switch {
	case (t.Certificate == "") != (t.Key == ""):
		say("sip.tls.certificate", "want certificate and key, or neither")
	case listens && t.Certificate == "":
		say("sip.tls.certificate", "missing: who connects by TLS wants to see one")
	}
	if t.CA != "" && t.Insecure {
		say("sip.tls.insecure", "stands beside ca; want one of them")
	}
}

// config reads the files.
func (t TLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.Insecure}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("certificate authority: %s has no certificate", t.CA)
		}
	}
	if t.Certificate == "" {
		return c, nil
	}
	own, err := openCertificate(t.Certificate, t.Key)
	if err != nil {
		return nil, err
	}
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own.current() }
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own.current() }
	return c, nil
}

// serverTLS is what a server over TLS needs; nil: there is no certificate, and no TLS.
func serverTLS(file, key string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	own, err := openCertificate(file, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own.current() },
	}, nil
}

// certificate is one in files that are written anew from time to time.
type certificate struct {
	certificate, key string

	mu   sync.Mutex
	last *tls.Certificate
	from time.Time // of the file that last is of
}

// openCertificate reads the files for the first time.
func openCertificate(file, key string) (*certificate, error) {
	c := &certificate{certificate: file, key: key}
	_, err := c.current()
	return c, err
}

// current is the certificate as it is now; while the files are no pair, as it was.
func (c *certificate) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certificate)
	if err == nil && c.last != nil && info.ModTime().Equal(c.from) {
		return c.last, nil
	}
	fresh, lerr := tls.LoadX509KeyPair(c.certificate, c.key)
	if err = errors.Join(err, lerr); err == nil {
		c.last, c.from = &fresh, info.ModTime()
	}
	if c.last == nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return c.last, nil
}
