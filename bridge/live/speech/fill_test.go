package speech

import (
	"encoding/json"
	"testing"
)

func FuzzFill(f *testing.F) {
	f.Add(`{"text": {text}}`, "say {text}")
	f.Add("{", "}")
	f.Add("{{text}}", `"`)
	f.Fuzz(func(t *testing.T, text, word string) {
		words := map[string]string{"text": word}
		fill(text, words, queryEscape)
		if got := fill(`{"text": {text}}`, words, asJSON); !json.Valid([]byte(got)) {
			t.Errorf("%q makes %s", word, got)
		}
	})
}
