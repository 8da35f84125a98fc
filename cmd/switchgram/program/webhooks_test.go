package program_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

func TestAWebRequestHasAnAgentCallACustomer(t *testing.T) {
	const token = "a token that is long enough"
	t.Setenv("WEBHOOK_TOKEN", token)
	script := strings.NewReplacer(`"sales"`, `"main"`, `"rings": `, `"query": "${http_query}", "token": "${http_headers.authorization}", "rings": `).Replace(example(t, "click-to-call"))
	w := newTown(t, nil)
	h := build(t, plan{state: t.TempDir(), settings: routesAt(t, w.routes(script), "1") + "  webhooks: {listen: \"127.0.0.1:0\", tokens: [{env: WEBHOOK_TOKEN}], signature: {header: X-Hub-Signature-256, secret_env: WEBHOOK_TOKEN}}\n",
		extensions: []siptest.Extension{{Number: "101"}}})
	taken := make(chan *tgcall.Call, 1)
	ann := h.ann()
	h.person(ann, takes(taken))
	const asked = `{"agent": "101", "customer": "@ann"}`
	ask := func(query, header, value string) (int, string) {
		q, err := http.NewRequestWithContext(h.ctx, http.MethodPost, fmt.Sprintf("http://%s/call?%s", h.program.WebhooksAddr(), query), strings.NewReader(asked))
		h.must(err)
		q.Header.Set(header, value)
		answer, err := http.DefaultClient.Do(q)
		h.must(err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		h.must(err)
		return answer.StatusCode, string(body)
	}
	for _, shown := range []string{"", "Bearer", "Bearer another token that is long", "Basic " + token} {
		if status, body := ask("", "Authorization", shown); status != http.StatusUnauthorized || body != "" {
			t.Errorf("%q: %d %q", shown, status, body)
		}
	}

	status, body := ask("a=b", "Authorization", "Bearer "+token)

	if status != http.StatusAccepted || body != `{"query":"{\"a\":\"b\"}","rings":"101","token":""}` {
		t.Errorf("answered %d %s", status, body)
	}
	h.must(next(h, taken).Discard(h.ctx, tgcall.Hangup))
	if o := h.outcome(); o.Cause != bridge.NormalClearing || len(o.Legs) != 2 || o.Legs[0].Address.User != "101" {
		t.Errorf("ended %+v", o)
	}
	if status, body := ask("access_token="+strings.ReplaceAll(token, " ", "+"), "Authorization", ""); status != http.StatusAccepted || !strings.Contains(body, `"query":"{}"`) {
		t.Errorf("by a parameter: %d %s", status, body)
	}
	mac := hmac.New(sha256.New, []byte(token))
	_, _ = mac.Write([]byte(asked)) // never fails
	for signature, want := range map[string]int{fmt.Sprintf("sha256=%x", mac.Sum(nil)): http.StatusAccepted, fmt.Sprintf("%x", sha256.Sum256([]byte(asked))): http.StatusUnauthorized} {
		if status, _ := ask("", "X-Hub-Signature-256", signature); status != want {
			t.Errorf("by the signature %s: %d, want %d", signature, status, want)
		}
	}
}

func TestWebhooksThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"{listen: \"127.0.0.1:1\"}":                                                        "want the tokens",
		"{tokens: [{env: X}]}":                                                             "where may others ask",
		"{listen: \"192.0.2.1:1\", tokens: [{env: X}]}":                                    "want a loopback address, or certificate",
		"{listen: \"127.0.0.1:1\", tokens: [{env: X}], key: k}":                            "want certificate and key",
		"{listen: \"127.0.0.1:1\", signature: {header: H}}":                                "want secret_env or secret_file",
		"{listen: \"127.0.0.1:1\", signature: {form: jira, secret_env: X}}":                "want github, slack, stripe or standard",
		"{listen: \"127.0.0.1:1\", signature: {form: standard, header: H, secret_env: X}}": "has its own",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\nroutes: {directory: r, webhooks: "+text+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	_, err := program.Read("c.yaml", strings.NewReader(right+"\nroutes: {webhooks: {listen: \"127.0.0.1:1\", tokens: [{env: X}]}}\n"))
	if err == nil || !strings.Contains(err.Error(), "where are the routes") {
		t.Errorf("without routes: %v", err)
	}
}
