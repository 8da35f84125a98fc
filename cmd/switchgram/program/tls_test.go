package program

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificate writes a certificate that signs itself, and its key, as files of that age.
func writeCertificate(t *testing.T, folder string, serial int64, age time.Duration) TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	files := TLS{Certificate: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem")}
	check(t, os.WriteFile(files.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	check(t, os.WriteFile(files.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	when := time.Now().Add(-age)
	check(t, os.Chtimes(files.Certificate, when, when))
	return files
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRenewedCertificateIsTaken(t *testing.T) {
	// given a certificate
	folder := t.TempDir()
	config, err := writeCertificate(t, folder, 1, time.Hour).config()
	check(t, err)
	serial := func() int64 {
		t.Helper()
		c, err := config.GetCertificate(nil)
		check(t, err)
		return c.Leaf.SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Fatalf("certificate %d", n)
	}

	// when another is written in its place, then who connects sees that one
	writeCertificate(t, folder, 2, time.Minute)
	if n := serial(); n != 2 {
		t.Errorf("certificate %d", n)
	}

	// and while what is written is no pair, the last one that was
	check(t, os.WriteFile(filepath.Join(folder, "cert.pem"), []byte("half"), 0o600))
	if n := serial(); n != 2 {
		t.Errorf("certificate %d", n)
	}
}

func TestCertificatesThatAreNoneAreNamed(t *testing.T) {
	folder := t.TempDir()
	good := writeCertificate(t, folder, 1, 0)
	for name, tt := range map[string]struct {
		tls  TLS
		says string
	}{
		"no such file":   {TLS{Certificate: "/nonexistent", Key: good.Key}, "/nonexistent"},
		"no certificate": {TLS{Certificate: good.Key, Key: good.Key}, "certificate: tls: failed to find"},
		"no authority":   {TLS{CA: good.Key}, "has no certificate"},
		"authority lost": {TLS{CA: "/nonexistent"}, "/nonexistent"},
	} {
		if _, err := tt.tls.config(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := (TLS{CA: good.Certificate}).config(); err != nil || c.RootCAs == nil || c.InsecureSkipVerify {
		t.Errorf("authority: %+v, %v", c, err)
	}
}
