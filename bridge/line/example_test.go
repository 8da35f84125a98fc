package line_test

import (
	"fmt"

	"switchgram/bridge"
	"switchgram/bridge/line"
)

func ExampleRegistry_May() {
	german, _ := line.ParsePattern("+49*")
	r, err := line.NewRegistry([]line.Config{{
		Name:  "sales",
		SIP:   line.SIP{Registrar: "pbx.example.org", User: "telegram", PasswordEnv: "SALES_SIP_PASSWORD"},
		To:    bridge.Address{Scheme: "sip", User: "1000"},
		Allow: line.Patterns{german},
	}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, number := range []string{"+4930123456", "+1555123456"} {
		d := r.May("", "sales", bridge.Address{Scheme: "tg", User: number})
		fmt.Println(d.Allowed, d.Reason, d.Cause)
	}
	// Output:
	// true line sales allows +49* NONE
	// false nothing on the list of line sales allows it OUTGOING_CALL_BARRED
}
