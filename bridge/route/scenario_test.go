package route_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/route"
)

func TestScenarioMissedCallIsToldToSlack(t *testing.T) {
	s := newScene(t)
	s.calls(route.Public, "380445550100")

	s.ends("NO_ANSWER")
	s.did("ring user:101, user:102, verto:103 for 30s")
	sent := s.town.one(t, "hooks.slack.com")
	body := sent.decoded(t)
	if want := "Missed call from *Ann &lt;b&gt;&amp;\"${secret}* <tel:+380501234567|+380501234567> to 380445550100"; body["text"] != want {
		t.Errorf("Slack shows %q, want %q", body["text"], want)
	}
	if sent.path != "/services/T0/B0/secret" || sent.method != "POST" || !strings.Contains(sent.body, `"value":"30 s"`) ||
		!strings.Contains(sent.body, "nobody answered") || !strings.Contains(sent.body, "24.11.2026 12:30") {
		t.Errorf("%+v", sent)
	}
	s.not("secret*") // of the hook
}

func TestScenarioAnsweredCallIsToldToNobody(t *testing.T) {
	s := newScene(t)
	s.expect("bridge", "answered")
	s.calls(route.Public, "+380445550100")
	if s.ends("NORMAL_CLEARING"); len(s.town.got) > 0 {
		t.Errorf("%+v", s.town.got)
	}
}

func TestScenarioSlackIsDownAndTheLogSaysSo(t *testing.T) {
	s := newScene(t)
	s.town.answer["hooks.slack.com/services/T0/B0/secret"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
	s.calls(route.Public, "380445550100")
	s.did("log warn: slack answered 500")
}

func TestScenarioPushBeforeTheMobileRings(t *testing.T) {
	s := newScene(t)
	s.town.says("crm.example/api/contacts/by-phone/380501234567", `{"contact": {"name": "Bob & <Sons>"}}`)
	s.expect("bridge", "answered")
	s.calls(route.Default, "5512")

	if crm := s.town.one(t, "crm.example"); crm.header.Get("Authorization") != "Bearer crm-token" || crm.method != "GET" {
		t.Errorf("%+v", crm)
	}
	push := s.town.one(t, "api.pushover.net")
	form, err := url.ParseQuery(push.body)
	if err != nil {
		t.Fatal(err)
	}
	if form.Get("message") != "<font color=blue>Incoming call from </font><b>Bob &amp; &lt;Sons&gt;</b> +380501234567" ||
		form.Get("html") != "1" || form.Get("user") != "po-user" || form.Get("token") != "po-token" {
		t.Errorf("%v", form)
	}
	s.did("ring sipGateway:gsm/3805012312 for 25s as Bob & <Sons> <+380501234567>")
}

func TestScenarioTheCRMIsAwayAndTheCallGoesOn(t *testing.T) {
	s := newScene(t)
	s.town.says("crm.example/api/contacts/by-phone/380501234567", `<html>`)
	s.calls(route.Default, "5512")
	s.did("last_error = \"http_garbage\"", "ring sipGateway:gsm/3805012312")
	if s.ending.Kind != route.Finished {
		t.Errorf("%+v", s.ending)
	}
}

// crm plays the CRM of "responsible manager".
func (s *scene) crm(owner string) {
	s.town.answer["crm.example/ServiceModel/AuthService.svc/Login"] = func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "BPMSESSIONID", Value: "s1", Path: "/", HttpOnly: true})
		http.SetCookie(w, &http.Cookie{Name: "BPMCSRF", Value: "c1"})
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"Code": 0}`))
	}
	s.town.says("crm.example/0/dataservice/json/reply/SelectQuery", `{"rows": [{"Name": "Bob", "OwnerExt": "`+owner+`"}]}`)
}

func TestScenarioTheResponsibleManagerIsRungFirst(t *testing.T) {
	s := newScene(t)
	s.crm("204")
	s.expect("bridge", "NO_ANSWER")
	s.expect("bridge", "answered")
	s.calls(route.Public, "380445550200")

	crm := s.town.to("crm.example")
	if len(crm) != 2 || crm[1].header.Get("Cookie") != "BPMSESSIONID=s1; BPMCSRF=c1" || !strings.Contains(crm[1].body, `"Value":"7654321050"`) {
		t.Fatalf("%+v", crm)
	}
	if login := crm[0].decoded(t); login["UserPassword"] != `pass"word` {
		t.Errorf("%v", login)
	}
	s.did("open at 204: https://crm.example/contacts?phone=380501234567 Bob", "ring user:204 for 15s as Bob", "ring user:101, user:102 for 40s")
	s.ends("NORMAL_CLEARING")
}

func TestScenarioNobodyIsResponsibleAndTheGeneralRuleHolds(t *testing.T) {
	s := newScene(t)
	s.crm("call me!")
	s.calls(route.Public, "380445550200")
	s.not("ring user:call")
	s.did("ring user:101, user:102 for 40s")
	s.ends("NO_ANSWER")
}

func TestScenarioTheCRMDoesNotLetUsInAndTheGeneralRuleHolds(t *testing.T) {
	s := newScene(t)
	s.calls(route.Public, "380445550200") // it answers 200, and nothing
	s.did("log warn: CRM login failed, code 200", "ring user:101, user:102")
	s.ends("NO_ANSWER")
}

func TestScenarioAHiddenNumberIsNotLookedUp(t *testing.T) {
	s := newScene(t)
	s.facts["caller_id_number"] = "anonymous"
	s.calls(route.Public, "380445550200")
	if s.did("ring user:101, user:102"); len(s.town.got) > 0 {
		t.Errorf("%+v", s.town.got)
	}
}

func TestScenarioALeadIsMadeAtNight(t *testing.T) {
	s := newScene(t)
	s.at = night
	s.crm("")
	s.expect("getDigits", "1")
	s.expect("stt", `My "printer" is broken`)
	s.town.says("crm.example/0/dataservice/json/reply/InsertQuery", `{"id": "77"}`)
	s.calls(route.Public, "380445550300")

	s.ends("NORMAL_CLEARING")
	s.did("the call is answered", "Our office is closed now. We will call you back", "tone_stream://L=1;%(400,200,800)", "understand stt.wav")
	crm := s.town.to("crm.example")
	if len(crm) != 2 || crm[1].header.Get("Cookie") == "" || crm[1].header.Get("Idempotency-Key") == "" {
		t.Fatalf("%+v", crm)
	}
	if !strings.Contains(crm[1].body, `"Value":"24.11.2026 23:30: My \"printer\" is broken"`) {
		t.Errorf("%s", crm[1].body)
	}
	s.not("Lead NOT created")
}

func TestScenarioALeadThatIsLostIsToldToTheDuty(t *testing.T) {
	s := newScene(t)
	s.at = night
	s.expect("getDigits", "1")
	s.town.answer["crm.example/0/dataservice/json/reply/InsertQuery"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }
	s.calls(route.Public, "380445550300")
	if n := len(s.town.to("crm.example")); n != 4 {
		t.Errorf("%d requests, want a login and three tries", n)
	}
	s.did("message to @office_duty (text): Lead NOT created for +380501234567, CRM said 503")
}

func TestScenarioInWorkingHoursTheOfficeRings(t *testing.T) {
	s := newScene(t)
	s.expect("bridge", "answered")
	s.calls(route.Public, "380445550300")
	s.did("ring user:101 for 40s")
	s.not("closed")
}

func TestScenarioASpokenMenu(t *testing.T) {
	s := newScene(t)
	s.facts["caller_id_name"], s.at = "", time.Date(2026, 11, 24, 10, 30, 0, 0, time.Local) // the script names no zone
	for _, key := range []string{"7", "9", "1", "2"} {
		s.expect("getDigits", key)
	}
	s.calls(route.Default, "IVR")
	s.did("\"Hello, dear caller. It is 10 hours 30 minutes.\", \"One: sales. Two: conference. Nine: hear another voice.\", wait for keys: \"7\"", "wait for keys: \"9\"", "This is the second voice.", "wait for keys: \"1\"",
		"ring user:101 for 20s", "wait for keys: \"2\"", "join conference daily with profile default")
}

func TestScenarioAMenuEndsAfterFourTries(t *testing.T) {
	s := newScene(t)
	s.calls(route.Default, "500")
	n := 0
	for _, line := range s.stage.Done() {
		if strings.Contains(line, "wait for keys") {
			n++
		}
	}
	if s.ends("NORMAL_CLEARING"); n != 4 {
		t.Errorf("played %d times", n)
	}
}

func TestScenarioAReturningCallerGetsTheSameAgent(t *testing.T) {
	s := newScene(t)
	s.expect("cdr", `{"hits": [{"bridged_to": "204", "start": "2026-11-01T10:00:00Z"}]}`)
	s.calls(route.Public, "380445550400")
	s.did(`{"field":"caller","op":"suffix","value":"501234567"}`, "last served by 204", "ring user:204 for 15s", "wait in queue support")
}

func TestScenarioAReminderIsTalkedTo(t *testing.T) {
	for answer, want := range map[string]string{"": "informed after", "1": "success after"} {
		s := newScene(t)
		s.facts["member_name"], s.facts["debt"], s.facts["currency"], s.facts["dlr_agent"] = "Bob", "12", "euros", "204"
		s.expect("getDigits", answer)
		script := s.library.Find("reminder script")
		script.Numbers = example(t, "missed-call.json").Numbers
		s.calls(route.Dialer, "380445550100")
		s.did("listen for an answering machine total_analysis_time=4000: HUMAN", "Hello Bob. Your balance is 12 euros.", want)
	}
}

func TestScenarioAScriptOfTheDesigner(t *testing.T) {
	s := newScene(t)
	s.at = tuesday
	s.calls(route.Default, "700")
	s.did("the call is answered")
	s.ends("NORMAL_CLEARING")
}

func TestScenarioAScreenIsShared(t *testing.T) {
	s := newScene(t)
	s.facts["caller_id_name"], s.facts["caller_id_number"] = "Ann", "1005"
	s.calls(route.Default, "3001-screen")
	s.did("join conference 3001 with profile default join-vid-floor mute")

	other := newScene(t)
	other.facts["caller_id_number"] = "1005"
	other.calls(route.Default, "700-screen")
	other.did(`effective_caller_id_number = "1005-screen"`, "the call is answered")
	if got := other.state.Entered; len(got) != 2 || got[1] != "from designer" {
		t.Errorf("entered %q", got)
	}
}

func TestScenarioATelegramDesk(t *testing.T) {
	s := newScene(t)
	s.calls(route.Public, "tg:front_desk")
	s.did("record the call as wav", "ring user:101, verto:102, telegram:@second_agent for 30s",
		"message to @desk_group (html): Missed: <b>Ann &lt;b&gt;&amp;&#34;${secret}</b>, waited 30 s")
	s.ends("NO_ANSWER")
}

func TestScenarioANuisanceIsTurnedAway(t *testing.T) {
	s := newScene(t)
	s.facts["caller_id_number"] = "+1 555 0100"
	s.calls(route.Public, "tg:front_desk")
	s.ends("INCOMING_CALL_BARRED")
	s.not("ring")
}
