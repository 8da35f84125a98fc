package route_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"switchgram/bridge/route"
	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/rehearsal"
)

// examples are the scripts in the manual, each as a whole route.
func examples(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/routing.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		example := m[1]
		if strings.HasPrefix(example, "[") {
			example = `{"name": "example", "context": "default", "destination_number": "1", "callflow": ` + example + `}`
		}
		all = append(all, example)
	}
	return all
}

func TestEveryApplicationHasAnExampleInTheManual(t *testing.T) {
	text := strings.Join(examples(t), "")
	for _, name := range route.Applications() {
		if !strings.Contains(text, `{"`+name+`":`) && !strings.Contains(text, `"`+name+`": {`) {
			t.Errorf("docs/routing.md has no example of %s", name)
		}
	}
}

func TestTheExamplesOfTheManualRun(t *testing.T) {
	for _, text := range examples(t) {
		synctest.Test(t, func(t *testing.T) {
			s := parse(t, "routing.md", text)
			stage := rehearsal.New(t.Output())
			stage.JavaScript = javascript.Inline{}
			for application, answer := range map[string]string{"getDigits": "1", "stt": "hello", "bridge": "USER_BUSY"} {
				if err := stage.Expect(application, answer); err != nil {
					t.Fatal(err)
				}
			}
			l := &route.Library{Scripts: []*route.Script{s}, Secrets: map[string]string{"crm_token": "a", "crm_user": "b", "crm_password": "c"}}
			a := route.Arrival{Context: s.Context, Number: s.Numbers[0].String(), Facts: map[string]string{"caller_id_number": "+380501234567"}}
			if _, err := stage.Perform(t.Context(), l, a, tuesday); err != nil {
				t.Error(err)
			}
			for _, line := range stage.Done() {
				if strings.Contains(line, `last_error = "bug"`) || strings.Contains(line, `last_error = "failed"`) {
					t.Error(line)
				}
			}
		})
	}
}
