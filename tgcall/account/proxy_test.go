package account_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gotd/td/mtproxy/faketls"
	"github.com/gotd/td/mtproxy/obfuscated2"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// relay serves connections until the test ends: greet speaks with the client and returns how to go on, and where.
func relay(t *testing.T, greet func(c net.Conn) (client io.ReadWriter, upstream net.Conn, err error)) (addr string, served func() int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var mu sync.Mutex
	count := 0
	all.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			all.Go(func() {
				defer c.Close()
				defer context.AfterFunc(ctx, func() { _ = c.Close() })()
				client, upstream, err := greet(c)
				if err != nil {
					return
				}
				defer upstream.Close()
				defer context.AfterFunc(ctx, func() { _ = upstream.Close() })()
				mu.Lock()
				count++
				mu.Unlock()
				var down sync.WaitGroup
				down.Go(func() {
					_, _ = io.Copy(client, upstream)
					_ = c.Close()
				})
				_, _ = io.Copy(upstream, client)
				_ = upstream.Close()
				down.Wait()
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String(), func() int { mu.Lock(); defer mu.Unlock(); return count }
}

// socksServer is a SOCKS5 proxy (RFC 1928) that wants user and password (RFC 1929).
func socksServer(user, password string) func(net.Conn) (io.ReadWriter, net.Conn, error) {
	read := func(c net.Conn, n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(c, b) // what is missing is zero
		return b
	}
	return func(c net.Conn) (io.ReadWriter, net.Conn, error) {
		read(c, int(read(c, 2)[1]))         // the methods it offers
		_, _ = c.Write([]byte{5, 2})        // user and password
		name := read(c, int(read(c, 2)[1])) // version, length
		secret := read(c, int(read(c, 1)[0]))
		if string(name) != user || string(secret) != password {
			_, _ = c.Write([]byte{1, 1})
			return nil, nil, errors.New("wrong password")
		}
		_, _ = c.Write([]byte{1, 0})
		to := read(c, 10) // connect, to an IPv4 address
		upstream, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: to[4:8], Port: int(binary.BigEndian.Uint16(to[8:]))})
		if err == nil {
			_, err = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		}
		return c, upstream, err
	}
}

// mtproxyServer is an MTProxy before the network at addr.
func mtproxyServer(addr string, secret []byte, tls bool) func(net.Conn) (io.ReadWriter, net.Conn, error) {
	return func(c net.Conn) (client io.ReadWriter, upstream net.Conn, err error) {
		client = c
		if tls {
			if client, err = acceptTLS(c, secret); err != nil {
				return nil, nil, err
			}
		}
		client, meta, err := obfuscated2.Accept(client, secret)
		if err != nil {
			return nil, nil, err
		}
		if meta.Protocol != [4]byte{0xdd, 0xdd, 0xdd, 0xdd} || meta.DC != 2 {
			return nil, nil, errors.New("wrong secret")
		}
		if upstream, err = net.Dial("tcp4", addr); err == nil {
			_, err = upstream.Write(meta.Protocol[:])
		}
		return client, upstream, err
	}
}

// acceptTLS answers the greeting of a client that pretends to speak TLS: the random numbers of both hellos are digests under the secret.
func acceptTLS(c net.Conn, secret []byte) (io.ReadWriter, error) {
	const randomAt, randomEnd = 11, 43
	hello := make([]byte, 5)
	if _, err := io.ReadFull(c, hello); err != nil {
		return nil, err
	}
	hello = append(hello, make([]byte, binary.BigEndian.Uint16(hello[3:]))...)
	if _, err := io.ReadFull(c, hello[5:]); err != nil {
		return nil, err
	}
	shown := bytes.Clone(hello[randomAt:randomEnd])
	clear(hello[randomAt:randomEnd])
	if want := digest(secret, hello); !bytes.Equal(want[:28], shown[:28]) { // the rest has the time in it
		return nil, errors.New("wrong secret")
	}
	record := func(kind byte, body ...byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{kind, 3, 3}, uint16(len(body))), body...)
	}
	answer := record(0x16, append([]byte{2, 0, 0, 34, 3, 3}, make([]byte, 32)...)...)
	answer = append(answer, record(0x14, 1)...)
	answer = append(answer, record(0x17, make([]byte, 64)...)...)
	copy(answer[randomAt:], digest(secret, shown, answer))
	_, err := c.Write(answer)
	return faketls.NewFakeTLS(rand.Reader, c), err
}

func digest(secret []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, secret)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

func throughProxy(t *testing.T, address, secret string) func(*account.Options) {
	t.Helper()
	r, err := account.NewProxy(address, secret)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *account.Options) { o.Resolver = r }
}

func TestTelegramIsReachedThroughAProxy(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	dc := n.DCList().Options[0]
	secret := []byte("0123456789abcdef")
	hexed := hex.EncodeToString(secret)
	for name, tc := range map[string]struct {
		greet          func(net.Conn) (io.ReadWriter, net.Conn, error)
		scheme, secret string
		wrong          string
	}{
		"SOCKS5":           {socksServer("me", "sesame"), "socks5://me@", "sesame", "open"},
		"MTProxy":          {mtproxyServer(addrOf(dc.IPAddress, dc.Port), secret, false), "mtproxy://", hexed, strings.Repeat("ab", 16)},
		"MTProxy, padded":  {mtproxyServer(addrOf(dc.IPAddress, dc.Port), secret, false), "mtproxy://", "dd" + hexed, "dd" + strings.Repeat("ab", 16)},
		"MTProxy like TLS": {mtproxyServer(addrOf(dc.IPAddress, dc.Port), secret, true), "mtproxy://", "ee" + hexed + hex.EncodeToString([]byte("example.org")), "ee" + strings.Repeat("ab", 20)},
	} {
		t.Run(name, func(t *testing.T) {
			addr, served := relay(t, tc.greet)

			r := run(t, newAccount(t, n, ann.Session(testContext(t)), throughProxy(t, tc.scheme+addr, tc.secret)))
			resolve(t, r, "@bob")
			if served() == 0 {
				t.Error("the proxy was not asked")
			}

			told := make(chan account.State, 1024)
			ctx, cancel := context.WithCancel(testContext(t))
			done := make(chan error, 1)
			go func() {
				done <- newAccount(t, n, ann.Session(ctx), throughProxy(t, tc.scheme+addr, tc.wrong), states(told)).Run(ctx, nil)
			}()
			down := await(t, told, "down", func(s account.State) bool { return s.Kind == account.Down && s.Err != nil })
			cancel()
			<-done
			if text := down.Err.Error(); !strings.Contains(text, addr) || !strings.Contains(text, "password") || strings.Contains(text, tc.wrong) {
				t.Errorf("with a wrong secret it says %q", text)
			}
		})
	}
}

func addrOf(ip string, port int) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }

func TestProxyIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ address, secret, says string }{
		"scheme":           {"http://127.0.0.1:3128", "", `"http": want socks5 or mtproxy`},
		"port":             {"socks5://127.0.0.1", "", "want a host and a port"},
		"path":             {"mtproxy://127.0.0.1:443/secret", "hush", "nothing more"},
		"password shown":   {"socks5://me:hush@127.0.0.1:1080", "", "does not belong into the address"},
		"nobody's":         {"socks5://127.0.0.1:1080", "hush", "there is a password, but no user"},
		"no secret":        {"mtproxy://127.0.0.1:443", "", "secret of 0 characters"},
		"short secret":     {"mtproxy://127.0.0.1:443", "hush", "secret of 4 characters"},
		"unknown kind":     {"mtproxy://127.0.0.1:443", "aa" + strings.Repeat("00", 16), "secret of 34 characters"},
		"user of mtproxy":  {"mtproxy://me@127.0.0.1:443", strings.Repeat("00", 16), "has no user"},
		"no address at al": {"socks5://%zz", "hush", "want socks5://user@host:port"},
	} {
		_, err := account.NewProxy(tc.address, tc.secret)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: error is %v, want one that says %q and not the secret", name, err, tc.says)
		}
	}
}

func FuzzNewProxy(f *testing.F) {
	f.Add("socks5://me@127.0.0.1:1080", "sesame")
	f.Add("mtproxy://127.0.0.1:443", "dd"+strings.Repeat("00", 16))
	f.Add("mtproxy://[::1]:443", "7u7u7u7u7u7u7u7u7u7u7u7uZXhhbXBsZS5vcmc")
	f.Fuzz(func(t *testing.T, address, secret string) {
		if r, err := account.NewProxy(address, secret); (r == nil) == (err == nil) {
			t.Errorf("%v, %v", r, err)
		}
	})
}
