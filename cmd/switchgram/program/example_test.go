package program_test

import (
	"context"
	"fmt"
	"strings"

	"switchgram/cmd/switchgram/program"
)

// A configuration with a mistake in it, and what becomes of one without.
func Example() {
	const text = `
telegram: {api_id: 12345, api_hash_file: /run/secrets/api_hash}
sip: {listen: ["udp:127.0.0.1:5080"]}
lines:
  - {name: sales, to: "sip:1000", sip: {registrar: 127.0.0.1, user: telegram, transport: sctp}}
`
	config, err := program.Read("switchgram.yaml", strings.NewReader(text))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := program.New(config, program.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := p.Run(context.Background()); err != nil { // until the context ends
		fmt.Println(err)
	}
	// Output: switchgram.yaml:5:90: lines[0].sip.transport: "sctp": want udp, tcp or tls
}
