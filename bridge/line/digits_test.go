package line

import (
	"errors"
	"testing"

	"switchgram/bridge"
)

func withDigits(d Digits) Config {
	return Config{Name: "sales", To: bridge.Address{Scheme: "sip", User: "1000"}, SIP: SIP{Registrar: "pbx", User: "telegram"}, Digits: d}
}

func TestDigitsOfALineAreCompleted(t *testing.T) {
	r, err := NewRegistry([]Config{withDigits(Digits{Telegram: "tones"})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Line("sales").Digits; got != (Digits{DTMF: "auto", Inband: "off", Telegram: "tones", Chat: "digits"}) {
		t.Errorf("%+v", got)
	}
}

func TestWordsThatSayNothingOfDigitsAreRefusedByName(t *testing.T) {
	for key, d := range map[string]Digits{
		"lines[0].digits.dtmf": {DTMF: "sometimes"}, "lines[0].digits.inband": {Inband: "on"},
		"lines[0].digits.telegram": {Telegram: "yes"}, "lines[0].digits.chat": {Chat: "off"},
	} {
		_, err := NewRegistry([]Config{withDigits(d)}, nil)
		var field *FieldError
		if !errors.As(err, &field) || field.Key != key {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
