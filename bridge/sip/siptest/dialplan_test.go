package siptest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchgram/bridge/sip/sdp"
)

func TestNumbersOfTelegramPeople(t *testing.T) {
	plan := DialTelegram("line")
	for number, want := range map[string]Route{
		"tg+4930123": {User: "line", Headers: map[string]string{"X-TG-Dial": "+4930123"}},
		"+4930123":   {User: "line", Headers: map[string]string{"X-TG-Dial": "+4930123"}},
		"@ann":       {User: "line", Headers: map[string]string{"X-TG-Dial": "@ann"}},
		"otg@ann": {User: "line", Headers: map[string]string{"X-TG-Dial": "@ann"},
			Codecs: []sdp.Codec{sdp.Opus, sdp.PCMU, sdp.PCMA}},
		"9196": {},
	} {
		if diff := cmp.Diff(want, plan("1000", number)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", number, diff)
		}
	}
}
