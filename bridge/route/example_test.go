package route_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

func Example() {
	script, err := route.Parse("desk.json", strings.NewReader(`{
		"name": "desk", "context": "public", "destination_number": "100",
		"callflow": [
			{"if": {"expression": "&hour('9-17')",
				"then": [{"bridge": {"endpoints": [{"type": "user", "name": "101"}]}}],
				"else": [{"playback": "closed.wav"}, {"hangup": "NORMAL_CLEARING"}]}}
		]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	night := time.Date(2026, 12, 31, 23, 0, 0, 0, time.Local)
	stage := rehearsal.New(os.Stdout) // a call that nobody makes; bridge/live has the others
	call := route.Arrival{Context: route.Public, Number: "100"}
	if _, err := stage.Perform(context.Background(), &route.Library{Scripts: []*route.Script{script}}, call, night); err != nil {
		fmt.Println(err)
	}
	// Output:
	// route "desk"
	// callflow[0].if
	// callflow[0].if.else[0].playback
	//     play closed.wav
	// callflow[0].if.else[1].hangup
	// the script hangs up: NORMAL_CLEARING
}

func ExampleParse() {
	_, err := route.Parse("desk.json", strings.NewReader(`{"name": "desk", "context": "public",
		"callflow": [{"anwser": true}]}`))
	fmt.Println(err)
	// Output: desk.json:2:17: callflow[0]: there is no application "anwser"; did you mean "answer"?
}
