package doctor

import (
	"context"
	"fmt"
	"net"
	"time"

	stunpkg "github.com/pion/stun/v3"
)

// stun asks servers for the address that we have for them (RFC 8489), which shows whether UDP goes out and comes back. Telegram names its own
// servers in calls only.
type stun struct{}

const stunned = "stun"

func (stun) look(ctx context.Context, p *patient) (all []Finding) {
	if len(p.o.STUN) == 0 {
		return []Finding{skipped(stunned, "not asked for: --stun HOST:PORT shows whether media gets out, by any STUN or TURN server")}
	}
	for _, server := range p.o.STUN {
		mapped, took, err := bind(ctx, server)
		if err != nil {
			all = append(all, wrong(stunned, fmt.Sprintf("%s: %v", server, err),
				"let UDP out of this machine to any port, and its answers in; without that Telegram calls run by TCP to its relays only"))
			continue
		}
		all = append(all, ok(stunned, "%s sees us at %s, after %d ms", server, mapped, took.Milliseconds()))
	}
	return all
}

// bind sends a binding request, again and again, until an answer comes.
func bind(ctx context.Context, server string) (mapped string, took time.Duration, err error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "udp", server)
	if err != nil {
		return "", 0, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	request, err := stunpkg.Build(stunpkg.TransactionID, stunpkg.BindingRequest)
	if err != nil {
		return "", 0, err
	}
	began := time.Now()
	for range pingTries {
		if mapped, err = bound(c, request); err == nil {
			return mapped, time.Since(began), nil
		}
	}
	return "", 0, err
}

// bound is one request and its answer.
func bound(c net.Conn, request *stunpkg.Message) (mapped string, err error) {
	if err := c.SetDeadline(time.Now().Add(pingWait)); err != nil {
		return "", err
	}
	if _, err := c.Write(request.Raw); err != nil {
		return "", err
	}
	buffer := make([]byte, 1500)
	n, err := c.Read(buffer)
	if err != nil {
		return "", err
	}
	response := &stunpkg.Message{Raw: buffer[:n]}
	if err := response.Decode(); err != nil || response.TransactionID != request.TransactionID {
		return "", fmt.Errorf("what came is no answer")
	}
	var address stunpkg.XORMappedAddress
	if err := address.GetFrom(response); err != nil {
		return "", err
	}
	return address.String(), nil
}
