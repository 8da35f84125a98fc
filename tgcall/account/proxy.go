package account

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/transport"
	"golang.org/x/net/proxy"
)

// ErrProxy says that a proxy does not let us through.
var ErrProxy = errors.New("proxy does not let us through: is its password or secret right?")

// proxyTimeout bounds the handshake with a proxy.
const proxyTimeout = 15 * time.Second

// NewProxy makes a way to Telegram through a proxy, for Options.Resolver. Address is "socks5://host:port" or "socks5://user@host:port" (RFC
// 1928 and 1929), or "mtproxy://host:port" (https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation). Secret is the SOCKS
// user's password, or the MTProxy's secret as its owner hands it out, in hexadecimal digits or base64: plain, beginning with "dd" (padded)
// or with "ee" (looks like TLS). Errors never show the secret.
//
// Only requests and updates go through the proxy, and with them the signalling of calls; their sound does not.
func NewProxy(address, secret string) (dcs.Resolver, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("proxy: want socks5://user@host:port or mtproxy://host:port")
	}
	if _, shown := u.User.Password(); shown {
		return nil, errors.New("proxy: a password does not belong into the address")
	}
	if u.Hostname() == "" || u.Port() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("proxy %s: want a host and a port, and nothing more", u.Redacted())
	}
	switch u.Scheme {
	case "socks5":
		return newSOCKS(u, secret)
	case "mtproxy":
		return newMTProxy(u, secret)
	default:
		return nil, fmt.Errorf("proxy %q: want socks5 or mtproxy", u.Scheme)
	}
}

func newSOCKS(u *url.URL, password string) (dcs.Resolver, error) {
	var login *proxy.Auth
	switch {
	case u.User != nil:
		login = &proxy.Auth{User: u.User.Username(), Password: password}
	case password != "":
		return nil, errors.New("proxy: there is a password, but no user: want socks5://user@host:port")
	}
	d, err := proxy.SOCKS5("tcp", u.Host, login, &net.Dialer{})
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	dialer, ok := d.(proxy.ContextDialer)
	if !ok {
		return nil, fmt.Errorf("proxy: %T has no way to give up", d)
	}
	return dcs.Plain(dcs.PlainOptions{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil && ctx.Err() == nil {
			return nil, fmt.Errorf("proxy %s: %w", u.Host, err)
		}
		return c, err
	}}), nil
}

func newMTProxy(u *url.URL, secret string) (dcs.Resolver, error) {
	raw, err := parseProxySecret(secret)
	switch {
	case err != nil:
		return nil, err
	case u.User != nil:
		return nil, errors.New("proxy: an MTProxy has no user")
	}
	return mtProxy{addr: u.Host, secret: raw}, nil
}

// parseProxySecret never shows the secret in an error, as gotd would.
func parseProxySecret(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	raw, err := hex.DecodeString(text)
	if err != nil {
		raw, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "="))
	}
	if err == nil {
		_, err = mtproxy.ParseSecret(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("proxy: secret of %d characters: want 32 hexadecimal digits, perhaps with dd or ee and a domain around them", len(text))
	}
	return raw, nil
}

// mtProxy makes connections through an MTProxy: any data centre is reached at the proxy's address.
type mtProxy struct {
	addr   string
	secret []byte
}

// Primary implements dcs.Resolver.
func (m mtProxy) Primary(ctx context.Context, dc int, list dcs.List) (transport.Conn, error) {
	return m.connect(ctx, func(r dcs.Resolver) (transport.Conn, error) { return r.Primary(ctx, dc, list) })
}

// MediaOnly implements dcs.Resolver.
func (m mtProxy) MediaOnly(ctx context.Context, dc int, list dcs.List) (transport.Conn, error) {
	return m.connect(ctx, func(r dcs.Resolver) (transport.Conn, error) { return r.MediaOnly(ctx, dc, list) })
}

// CDN implements dcs.Resolver.
func (m mtProxy) CDN(ctx context.Context, dc int, list dcs.List) (transport.Conn, error) {
	return m.connect(ctx, func(r dcs.Resolver) (transport.Conn, error) { return r.CDN(ctx, dc, list) })
}

// connect bounds the handshake, which gotd does not, and says what it means when the proxy hangs up: a wrong secret is not answered.
func (m mtProxy) connect(ctx context.Context, resolve func(dcs.Resolver) (transport.Conn, error)) (transport.Conn, error) {
	var wire net.Conn
	r, err := dcs.MTProxy(m.addr, m.secret, dcs.MTProxyOptions{Dial: func(ctx context.Context, network, addr string) (c net.Conn, err error) {
		if wire, err = (&net.Dialer{}).DialContext(ctx, network, addr); err != nil {
			return nil, err
		}
		return wire, wire.SetDeadline(time.Now().Add(proxyTimeout))
	}})
	if err != nil {
		return nil, errors.New("proxy: gotd does not take the secret")
	}
	c, err := resolve(r)
	switch {
	case err != nil && (ctx.Err() != nil || wire == nil):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s: %w (%w)", m.addr, ErrProxy, err)
	}
	if err := wire.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &doubtful{Conn: c, addr: m.addr}, nil
}

// doubtful is a connection through a proxy that has not shown yet that it took our secret.
type doubtful struct {
	transport.Conn
	addr  string
	heard atomic.Bool
}

// Recv implements transport.Conn.
func (d *doubtful) Recv(ctx context.Context, b *bin.Buffer) error {
	err := d.Conn.Recv(ctx, b)
	if err == nil {
		d.heard.Store(true)
	}
	return d.explain(ctx, err)
}

// Send implements transport.Conn.
func (d *doubtful) Send(ctx context.Context, b *bin.Buffer) error {
	return d.explain(ctx, d.Conn.Send(ctx, b))
}

func (d *doubtful) explain(ctx context.Context, err error) error {
	if err == nil || d.heard.Load() || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%s: %w (%w)", d.addr, ErrProxy, err)
}
