package signal

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	setupText = `{"@type":"InitialSetup","ufrag":"aB3d","pwd":"hD1p","renomination":true,` +
		`"fingerprints":[{"hash":"sha-256","setup":"actpass","fingerprint":"6B:8B"}]}`
	offerText = `{"@type":"NegotiateChannels","exchangeId":"7","contents":[{"type":"audio","ssrc":"9",` +
		`"payloadTypes":[{"id":111,"name":"opus","clockrate":48000,"channels":2,` +
		`"feedbackTypes":[{"type":"transport-cc","subtype":""}],"parameters":{"minptime":"10"}}],` +
		`"rtpExtensions":[{"id":2,"uri":"urn:x"}]}]}`
	stateText = `{"@type":"MediaState","muted":true,"lowBattery":false,"videoState":"inactive","videoRotation":0,` +
		`"screencastState":"inactive"}`
)

func mustParse(t *testing.T, text string) Message {
	t.Helper()
	m, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestMessagesAreRead(t *testing.T) {
	for text, want := range map[string]Message{
		setupText: InitialSetup{
			Ufrag: "aB3d", Pwd: "hD1p", Renomination: true,
			Fingerprints: []Fingerprint{{Hash: "sha-256", Setup: "actpass", Fingerprint: "6B:8B"}},
		},
		offerText: NegotiateChannels{ExchangeID: 7, Contents: []Content{{
			Type: "audio", SSRC: 9, SSRCGroups: []SSRCGroup{},
			PayloadTypes: []PayloadType{{
				ID: 111, Name: "opus", Clockrate: 48000, Channels: 2,
				FeedbackTypes: []Feedback{{Type: "transport-cc"}}, Parameters: map[string]string{"minptime": "10"},
			}},
			RTPExtensions: []Extension{{ID: 2, URI: "urn:x"}},
		}}},
		`{"@type":"Candidates","candidates":[{"sdpString":"candidate:1","sdpMid":"0"}],"ufrag":"x"}`: Candidates{
			Candidates: []Candidate{{SDPString: "candidate:1"}},
		},
		stateText:                MediaState{Muted: true, VideoState: VideoInactive, ScreencastState: VideoInactive},
		`{"@type":"MediaState"}`: MediaState{VideoState: VideoInactive, ScreencastState: VideoInactive},
		`{ "@type": "Candidates", "candidates": [] }`: Candidates{Candidates: []Candidate{}},
	} {
		if diff := cmp.Diff(want, mustParse(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestIDsAreReadAsStringsAndAsNumbers(t *testing.T) {
	numbers := strings.NewReplacer(`"7"`, `4294967295`, `"9"`, `305419896`).Replace(offerText)
	m := mustParse(t, numbers).(NegotiateChannels)
	if m.ExchangeID != 4294967295 || m.Contents[0].SSRC != 305419896 {
		t.Errorf("exchange %d, ssrc %d", m.ExchangeID, m.Contents[0].SSRC)
	}
}

func TestWhatAMessageMayLeaveOut(t *testing.T) {
	for _, cut := range []string{
		`,"rtpExtensions":[{"id":2,"uri":"urn:x"}]`, `"feedbackTypes":[{"type":"transport-cc","subtype":""}],`,
		`,"parameters":{"minptime":"10"}`, `"channels":2,`,
	} {
		mustParse(t, strings.Replace(offerText, cut, "", 1))
	}
	mustParse(t, strings.Replace(setupText, `"renomination":true,`, "", 1))
}

func TestOneWrongFieldSpoilsTheMessage(t *testing.T) {
	for _, c := range []struct{ text, old, new, field string }{
		{setupText, `"ufrag":"aB3d",`, ``, "ufrag"},
		{setupText, `"pwd":"hD1p"`, `"pwd":""`, "pwd"},
		{setupText, `"pwd":"hD1p"`, `"Pwd":"hD1p"`, "pwd"},
		{setupText, `true`, `"true"`, "renomination"},
		{setupText, `true`, `null`, "renomination"},
		{setupText, `[{"hash":"sha-256","setup":"actpass","fingerprint":"6B:8B"}]`, `[]`, "fingerprints"},
		{setupText, `[{"hash":"sha-256","setup":"actpass","fingerprint":"6B:8B"}]`, `null`, "fingerprints"},
		{setupText, `"setup":"actpass",`, ``, "fingerprints[0].setup"},
		{setupText, `{"hash":"sha-256","setup":"actpass","fingerprint":"6B:8B"}`, `null`, "fingerprints[0]"},
		{offerText, `"exchangeId":"7",`, ``, "exchangeId"},
		{offerText, `"exchangeId":"7"`, `"exchangeId":null`, "exchangeId"},
		{offerText, `"exchangeId":"7"`, `"exchangeId":"-7"`, "exchangeId"},
		{offerText, `"exchangeId":"7"`, `"exchangeId":4294967296`, "exchangeId"},
		{offerText, `"ssrc":"9"`, `"ssrc":"0"`, "contents[0].ssrc"},
		{offerText, `"ssrc":"9"`, `"ssrc":-9`, "contents[0].ssrc"},
		{offerText, `"ssrc":"9",`, ``, "contents[0].ssrc"},
		{offerText, `"type":"audio"`, `"type":"smell"`, "contents[0].type"},
		{offerText, `,"subtype":""`, ``, "contents[0].payloadTypes[0].feedbackTypes[0].subtype"},
		{offerText, `{"minptime":"10"}`, `null`, "contents[0].payloadTypes[0].parameters"},
		{offerText, `{"minptime":"10"}`, `[]`, "contents[0].payloadTypes[0].parameters"},
		{offerText, `{"minptime":"10"}`, `{"minptime":10}`, "contents[0].payloadTypes[0].parameters"},
		{offerText, `{"minptime":"10"}`, `{"minptime":null}`, "contents[0].payloadTypes[0].parameters"},
		{offerText, `"clockrate":48000`, `"clockrate":"48000"`, "contents[0].payloadTypes[0].clockrate"},
		{offerText, `"uri":"urn:x"`, `"uri":1`, "contents[0].rtpExtensions[0].uri"},
		{offerText, `"ssrc":"9"`, `"ssrc":"9","ssrcGroups":[{"semantics":"FID","ssrcs":["1",null]}]`, "contents[0].ssrcGroups[0].ssrcs"},
		{offerText, `"ssrc":"9"`, `"ssrc":"9","ssrcGroups":[{"semantics":"FID","ssrcs":["0"]}]`, "contents[0].ssrcGroups[0].ssrcs"},
		{stateText, `true`, `1`, "muted"},
		{stateText, `"videoRotation":0`, `"videoRotation":45`, "videoRotation"},
		{stateText, `"videoState":"inactive"`, `"videoState":"odd"`, "videoState"},
		{`{"@type":"Candidates","candidates":[{}]}`, "", "", "candidates[0].sdpString"},
		{`{"@type":"Candidates"}`, "", "", "candidates"},
		{`{"@type":7}`, "", "", "@type"},
		{`{}`, "", "", "@type"},
		{`[]`, "", "", ""},
		{`null`, "", "", ""},
		{`{"@type":"Candidates"`, "", "", ""},
	} {
		text := strings.Replace(c.text, c.old, c.new, 1)
		m, err := Parse([]byte(text))
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != c.field {
			t.Errorf("%s: %v, %v; want an error about %q", text, m, err, c.field)
		}
	}
}

func TestUnknownMessagesAreNamed(t *testing.T) {
	_, err := Parse([]byte(`{"@type":"RemoteBatteryLevel"}`))
	var unknown *UnknownError
	if !errors.As(err, &unknown) || unknown.Type != "RemoteBatteryLevel" || unknown.WrongVersion() {
		t.Errorf("%v", err)
	}
	_, err = Parse([]byte(`{"@type":"offer","sdp":"v=0"}`))
	if !errors.As(err, &unknown) || !unknown.WrongVersion() {
		t.Errorf("an SDP offer: %v", err)
	}
	_, err = Parse([]byte(`{"@type":"` + strings.Repeat("x", 9000) + `"}`))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("a long type makes a long error: %d bytes", len(err.Error()))
	}
}

// Telegram's engine drops a message in which it finds null where it wants an array or an object.
func TestNothingIsWrittenAsNull(t *testing.T) {
	for _, m := range []Message{
		InitialSetup{}, NegotiateChannels{}, Candidates{}, MediaState{},
		NegotiateChannels{Contents: []Content{{Type: "video", SSRCGroups: []SSRCGroup{{}}, PayloadTypes: []PayloadType{{}}}}},
	} {
		if text := string(Encode(m)); strings.Contains(text, "null") {
			t.Errorf("%T: %s", m, text)
		}
	}
}

func TestMessagesAreWrittenAsTelegramReadsThem(t *testing.T) {
	const want = `{"@type":"NegotiateChannels","contents":[{"payloadTypes":[],"rtpExtensions":[],"ssrc":"4294967295",` +
		`"type":"audio"}],"exchangeId":"1"}`
	got := string(Encode(NegotiateChannels{ExchangeID: 1, Contents: []Content{{Type: "audio", SSRC: 4294967295}}}))
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
