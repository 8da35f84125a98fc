package esltest_test

import (
	"bufio"
	"fmt"
	"log"
	"net"

	"switchgram/esl/esltest"
)

// Any client of the event socket can talk to it.
func Example() {
	s, err := esltest.Start(esltest.Options{Password: "secret"})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprint(conn, "auth secret\n\nexit\n\n"); err != nil {
		log.Fatal(err)
	}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if lines.Text() != "" {
			fmt.Println(lines.Text())
		}
	}
	// Output:
	// Content-Type: auth/request
	// Content-Type: command/reply
	// Reply-Text: +OK accepted
	// Content-Type: command/reply
	// Reply-Text: +OK bye
	// Content-Type: text/disconnect-notice
	// Content-Length: 67
	// Disconnected, goodbye.
	// See you at ClueCon! http://www.cluecon.com/
}
