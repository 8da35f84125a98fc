package rival

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// ng speaks rtpengine's control protocol, https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html: each datagram is a cookie and a
// bencoded dictionary.
type ng struct{ address string }

const (
	ngRepeat = time.Second // a request or its answer may be lost; the cookie keeps it from being done twice
	maxNG    = 64 << 10
)

// ask sends a command and waits for what becomes of it. It may be called concurrently.
func (n ng) ask(ctx context.Context, command string, arguments map[string]any) (map[string]any, error) {
	conn, err := net.Dial("udp", n.address)
	if err != nil {
		return nil, fmt.Errorf("rtpengine: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	arguments["command"] = command
	cookie := rand.Text()
	answer, err := exchange(ctx, conn, cookie, bencode(arguments))
	if err != nil {
		return nil, fmt.Errorf("rtpengine: %s: %w", command, err)
	}
	if result, _ := answer["result"].(string); result != "ok" && result != "pong" {
		return nil, fmt.Errorf("rtpengine: %s: %v: %v", command, answer["result"], answer["error-reason"])
	}
	return answer, nil
}

// exchange repeats a request until its answer comes, or ctx has ended.
func exchange(ctx context.Context, conn net.Conn, cookie, request string) (map[string]any, error) {
	buf := make([]byte, maxNG)
	for ctx.Err() == nil {
		if _, err := conn.Write([]byte(cookie + " " + request)); err != nil {
			return nil, cmp.Or(context.Cause(ctx), err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(ngRepeat)); err != nil {
			return nil, err
		}
		if ctx.Err() != nil { // its deadline may have been replaced by ours
			break
		}
		n, err := conn.Read(buf)
		late := (net.Error)(nil)
		switch text, ours := strings.CutPrefix(string(buf[:n]), cookie+" "); {
		case err == nil && ours:
			return bdecode(text)
		case err != nil && !(errors.As(err, &late) && late.Timeout()):
			return nil, err
		}
	}
	return nil, context.Cause(ctx)
}
