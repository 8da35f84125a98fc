package firefox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Tab is one of somebody who shares nothing with others.
type Tab struct {
	t  *testing.T
	s  *session
	id string
}

// Tab opens an address in a tab until the test ends. Each of its pages runs a script first. What a page throws, or calls an error, fails the
// test, unless one of the known texts is in it.
func (b *Browser) Tab(t *testing.T, url, script string, known ...string) *Tab {
	t.Helper()
	var user struct{ UserContext string }
	b.must(t, "browser.createUserContext", object{}, &user)
	t.Cleanup(func() { b.must(t, "browser.removeUserContext", object{"userContext": user.UserContext}, nil) })
	var made struct{ Context string }
	b.must(t, "browsingContext.create", object{"type": "window", "userContext": user.UserContext}, &made)
	p := &Tab{t: t, s: b.session, id: made.Context}
	b.listen(p.id, func(e entry) {
		// What it says by its own name is of the network, which tests may cut.
		ours := e.Level == "error" && !strings.HasPrefix(e.Text, "Firefox")
		if ours && !slices.ContainsFunc(known, func(text string) bool { return strings.Contains(e.Text, text) }) {
			t.Errorf("the page: %s", e.Text)
		}
	})
	t.Cleanup(func() { b.listen(p.id, nil) })
	b.must(t, "script.addPreloadScript", object{"functionDeclaration": "() => {" + script + "}", "contexts": []string{p.id}}, nil)
	b.must(t, "browsingContext.navigate", object{"context": p.id, "url": url, "wait": "complete"}, nil)
	return p
}

// Eval evaluates JavaScript, waits if it is a promise, and puts the value, if it is wanted, into result. What does not work ends the test,
// which shows what the page says.
func (p *Tab) Eval(result any, script string) {
	p.t.Helper()
	if result != nil {
		script = "Promise.resolve(" + script + ").then((value) => JSON.stringify(value))"
	}
	value, failed := p.evaluate(script)
	if failed != "" {
		screen, _ := p.evaluate("document.body.innerText")
		p.t.Fatalf("the page: %s\n%s", failed, screen)
	}
	if result != nil {
		if err := json.Unmarshal([]byte(value), result); err != nil {
			p.t.Fatal(err)
		}
	}
}

// evaluate is what a script comes to, if that is a text, or what it throws.
func (p *Tab) evaluate(script string) (text, thrown string) {
	p.t.Helper()
	var told struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	p.command("script.evaluate", object{"expression": script, "target": object{"context": p.id}, "awaitPromise": true, "userActivation": true}, &told)
	if told.ExceptionDetails != nil {
		return "", told.ExceptionDetails.Text
	}
	_ = json.Unmarshal(told.Result.Value, &text) // what is no text nobody wants
	return text, ""
}

// keys are those without a letter, by the names of chromedp's package kb (https://www.w3.org/TR/webdriver2/#keyboard-actions).
var keys = map[rune]string{'\r': "\uE007", '\x1b': "\uE00C"}

// Type presses keys.
func (p *Tab) Type(text string) {
	p.t.Helper()
	var all []object
	for _, r := range text {
		key, ok := keys[r]
		if !ok {
			key = string(r)
		}
		all = append(all, object{"type": "keyDown", "value": key}, object{"type": "keyUp", "value": key})
	}
	p.command("input.performActions", object{"context": p.id, "actions": []object{{"type": "key", "id": "keyboard", "actions": all}}}, nil)
}

// Reload loads the page again.
func (p *Tab) Reload() {
	p.t.Helper()
	p.command("browsingContext.reload", object{"context": p.id, "wait": "complete"}, nil)
}

func (p *Tab) command(method string, params object, result any) {
	p.t.Helper()
	p.s.must(p.t, method, params, result)
}
