package xml

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

// TestQuestionsOfFreeSWITCHAreAnswered replays what a FreeSWITCH 1.11 asked.
func TestQuestionsOfFreeSWITCHAreAnswered(t *testing.T) {
	o := options(&board{})
	o.Configuration.Sofia = &Sofia{Profile: "internal", Listen: netip.MustParseAddrPort("127.0.0.1:5060"), Domain: domain}
	o.Configuration.EventSocket = &EventSocket{Listen: netip.MustParseAddrPort("127.0.0.1:8021"), Password: "ClueCon"}
	o.Configuration.Verto = &Verto{
		Profile: "internal", Listen: netip.MustParseAddrPort("127.0.0.1:8081"), Secure: netip.MustParseAddrPort("127.0.0.1:8082"), Domain: domain,
	}
	h := newHandler(t, o)
	files, err := filepath.Glob("testdata/asked/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join("testdata", "answered", name+".xml"), []byte(ask(t, h, asked(t, name))))
		})
	}
}

func TestVertoListensWhereItIsTold(t *testing.T) {
	at, secure := netip.MustParseAddrPort("192.0.2.10:8081"), netip.MustParseAddrPort("192.0.2.10:8082")
	const plain, tls = `name="bind-local" value="192.0.2.10:8081"`, `name="bind-local" value="192.0.2.10:8082" secure="true"`
	for name, tt := range map[string]struct {
		verto     Verto
		want, not []string
	}{
		"behind a proxy":            {Verto{Listen: at}, []string{plain}, []string{tls, "secure-combined"}},
		"by TLS":                    {Verto{Secure: secure}, []string{tls, `"secure-combined" value="$${certs_dir}/wss.pem"`}, []string{plain}},
		"by TLS, its own authority": {Verto{Secure: secure, Certificate: "/etc/fs.pem"}, []string{tls, `"secure-chain" value="/etc/fs.pem"`}, []string{"certs_dir"}},
	} {
		o := options(&board{})
		o.Configuration.Verto = &tt.verto
		got := ask(t, newHandler(t, o), asked(t, "verto"))
		for _, part := range append(tt.want, `name="rtp-ip" value="192.0.2.10"`) {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %s in\n%s", name, part, got)
			}
		}
		for _, part := range tt.not {
			if strings.Contains(got, part) {
				t.Errorf("%s: %s in\n%s", name, part, got)
			}
		}
	}
}

func TestNothingIsServedThatNobodyAskedToServe(t *testing.T) {
	h := newHandler(t, Options{User: httpUser, Password: httpPass})
	for _, name := range []string{"sip_register", "sip_call", "sofia", "event_socket", "user_call"} {
		if got := ask(t, h, asked(t, name)); !isNotFound(got) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestFreeSWITCHGoesOnToItsOwnFiles(t *testing.T) {
	want := "<document type=\"freeswitch/xml\">\n  <section name=\"result\">\n    <result status=\"not found\"/>\n  </section>\n</document>\n"
	h := newHandler(t, options(&board{}))
	for name, body := range map[string]string{
		"a user that is not ours":     strings.ReplaceAll(asked(t, "sip_register"), "user=1000", "user=1009"),
		"a domain that is not ours":   strings.ReplaceAll(asked(t, "sip_register"), "key_value=127.0.0.1", "key_value=voice.example"),
		"a number that is not ours":   dial(t, "9196"),
		"a context that is not ours":  strings.ReplaceAll(asked(t, "sip_call"), "Hunt-Context=default", "Hunt-Context=public"),
		"gateways of users":           asked(t, "gateways"),
		"a group":                     asked(t, "group_call"),
		"a module's configuration":    asked(t, "acl"),
		"a section we never heard of": "hostname=f&section=skins&tag_name=&key_name=&key_value=",
	} {
		if got := ask(t, h, body); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOnlyFreeSWITCHMayAsk(t *testing.T) {
	results := map[string]int{}
	o := options(&board{})
	o.Observe = func(section, result string) { results[section+" "+result]++ }
	h := newHandler(t, o)
	for name, login := range map[string]func(*http.Request){
		"nobody":         func(*http.Request) {},
		"wrong password": func(r *http.Request) { r.SetBasicAuth(httpUser, "of another") },
		"wrong user":     func(r *http.Request) { r.SetBasicAuth("somebody", httpPass) },
		"no password":    func(r *http.Request) { r.SetBasicAuth(httpUser, "") },
		"a token":        func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+httpPass) },
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(asked(t, "sip_register")))
		login(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized || w.Body.Len() != 0 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: status %d, %v, %s", name, w.Code, w.Header(), w.Body)
		}
	}
	ask(t, h, asked(t, "sip_register"))
	if want := map[string]int{" denied": 5, "directory found": 1}; !maps.Equal(results, want) {
		t.Errorf("observed %v, want %v", results, want)
	}
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	h := newHandler(t, options(&board{}))
	for _, c := range []struct {
		name, method, body string
		status             int
	}{
		{"GET", http.MethodGet, asked(t, "sip_call"), http.StatusMethodNotAllowed},
		{"nothing", http.MethodPost, "", http.StatusBadRequest},
		{"JSON", http.MethodPost, `{"section":"directory"}`, http.StatusBadRequest},
		{"another order", http.MethodPost, "section=directory&hostname=f&tag_name=&key_name=&key_value=", http.StatusBadRequest},
		{"half a front", http.MethodPost, "hostname=f&section=directory", http.StatusBadRequest},
		{"too many fields", http.MethodPost, asked(t, "acl") + strings.Repeat("&a=b", maxFields), http.StatusBadRequest},
		{"too long", http.MethodPost, asked(t, "sip_call") + "&variable_x=" + strings.Repeat("a", maxBody), http.StatusRequestEntityTooLarge},
	} {
		r := httptest.NewRequest(c.method, "/", strings.NewReader(c.body))
		r.SetBasicAuth(httpUser, httpPass)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", c.name, w.Code, c.status)
		}
	}
}

func TestHandlerWantsWhatItNeeds(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no user":        func(o *Options) { o.User = "" },
		"no password":    func(o *Options) { o.Password = "" },
		"no domain":      func(o *Options) { o.Domain = "" },
		"no switchboard": func(o *Options) { o.Switchboard = nil },
	} {
		o := options(&board{})
		change(&o)
		if _, err := NewHandler(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzRequest: whatever comes is refused or answered with a document; a digest only where a login is checked.
func FuzzRequest(f *testing.F) {
	for _, name := range []string{"sip_register", "verto_login", "user_call", "sip_call", "verto_call", "screen_loopback", "sofia", "acl"} {
		f.Add(asked(f, name))
	}
	f.Add("hostname=&section=directory&tag_name=&key_name=&key_value=127.0.0.1&user=1000&action=sip_auth&action=user_call")
	h := newHandler(f, options(&board{}))
	f.Fuzz(func(t *testing.T, body string) {
		q, err := parseRequest([]byte(body))
		if err != nil {
			return
		}
		got := ask(t, h, body)
		login := q.sure("action") == "sip_auth" || q.sure("action") == "jsonrpc-authenticate"
		if strings.Contains(got, "a1-hash") && !login {
			t.Errorf("a digest for %q:\n%s", q.get("action"), got)
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	for _, name := range []string{"sip_register", "sip_call", "acl"} {
		b.Run(name, func(b *testing.B) {
			h, body := newHandler(b, options(&board{})), asked(b, name)
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				r.SetBasicAuth(httpUser, httpPass)
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

func ExampleNewHandler() {
	h, err := NewHandler(Options{
		User: "freeswitch", Password: "secret", Domain: "voice.example", Switchboard: &board{}, Directory: true,
	})
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(
		"hostname=fs&section=directory&tag_name=domain&key_name=name&key_value=voice.example&action=user_call&key=id&user=telegram&domain=voice.example"))
	r.SetBasicAuth("freeswitch", "secret")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// <document type="freeswitch/xml">
	//   <section name="directory">
	//     <domain name="voice.example">
	//       <groups>
	//         <group name="switchgram">
	//           <users>
	//             <user id="telegram">
	//               <params>
	//                 <param name="allow-empty-password" value="false"/>
	//                 <param name="dial-string" value="{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})}"/>
	//               </params>
	//               <variables>
	//                 <variable name="user_context" value="incoming"/>
	//                 <variable name="tg_line" value="sales"/>
	//               </variables>
	//             </user>
	//           </users>
	//         </group>
	//       </groups>
	//     </domain>
	//   </section>
	// </document>
}
