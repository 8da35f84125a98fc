package rival

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestBencoding(t *testing.T) {
	got := bencode(map[string]any{"sdp": "v=0\r\n", "delete-delay": 0, "rtcp-mux": []string{"offer", "require"}})
	if want := "d12:delete-delayi0e8:rtcp-muxl5:offer7:requiree3:sdp5:v=0\r\ne"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBdecoding(t *testing.T) {
	got, err := bdecode("d4:listl1:ai-3ee4:nextd1:k1:vee")
	if want := (map[string]any{"list": []any{"a", -3}, "next": map[string]any{"k": "v"}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
}

func TestWhatIsNotBencodedIsRefused(t *testing.T) {
	for _, text := range []string{"", "4:spam", "d", "de ", "d1:a", "d1:ai3", "di1e1:ae", "d1:al", "d9:a", "d-1:ae", "d99999999999:ae", "d1:aixee", "d1:a" + strings.Repeat("l", 100)} {
		if v, err := bdecode(text); !errors.Is(err, errBencode) {
			t.Errorf("%q is %v, %v", text, v, err)
		}
	}
}

func FuzzBdecode(f *testing.F) {
	f.Add("d6:result2:ok3:sdp5:v=0\r\ne")
	f.Add("d1:al1:ai3eee")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := bdecode(text)
		if err != nil {
			return
		}
		plain := map[string]any{}
		for k, v := range d {
			if s, ok := v.(string); ok {
				plain[k] = s
			}
		}
		if again, err := bdecode(bencode(plain)); err != nil || !reflect.DeepEqual(again, plain) {
			t.Errorf("%q became %v, %v", text, again, err)
		}
	})
}
