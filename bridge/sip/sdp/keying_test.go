package sdp

import (
	"fmt"
	"strings"
	"testing"
)

const (
	key30 = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // of RFC 4568 §9.2: 16 bytes and 14
	key28 = "YUJDZGVmMTIzNDU2Nzg5MGFiY2RlZjEyMzQ1Ng=="
)

func TestCryptoLinesAreRead(t *testing.T) {
	tests := []struct {
		line, suite string // empty: not taken
		tag         int
		mki         string
	}{
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, "AES_CM_128_HMAC_SHA1_80", 1, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20", "AES_CM_128_HMAC_SHA1_80", 1, ""},
		{"42 AES_CM_128_HMAC_SHA1_32 inline:" + key30 + "|2^20|1:4", "AES_CM_128_HMAC_SHA1_32", 42, "\x00\x00\x00\x01"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|66051:3", "AES_CM_128_HMAC_SHA1_80", 1, "\x01\x02\x03"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " WSH=128", "AES_CM_128_HMAC_SHA1_80", 1, ""},
		{"3 AEAD_AES_128_GCM inline:" + key28, "AEAD_AES_128_GCM", 3, ""},
		{"3 AEAD_AES_128_GCM inline:" + strings.TrimRight(key28, "="), "AEAD_AES_128_GCM", 3, ""}, // as FreeSWITCH writes it
		{"1 AEAD_AES_128_GCM_8 inline:" + key28, "", 0, ""},
		{"1 F8_128_HMAC_SHA1_80 inline:" + key30, "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key28, "", 0, ""}, // too short
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + ";inline:" + key30, "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTP", "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20|1:9", "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20|256:1", "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1|2|3", "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 uri:" + key30, "", 0, ""},
		{"x AES_CM_128_HMAC_SHA1_80 inline:" + key30, "", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80", "", 0, ""},
		{"", "", 0, ""},
	}
	for _, tt := range tests {
		k := readCrypto(tt.line)
		if (k != nil) != (tt.suite != "") || k != nil && (k.Suite() != tt.suite || k.Tag != tt.tag || k.mki != tt.mki) {
			t.Errorf("%s: %+v", tt.line, k != nil)
		}
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	k := readCrypto("1 AES_CM_128_HMAC_SHA1_80 inline:" + key30)
	for _, holder := range []any{k, []*Keying{k}, Terms{Ours: k, Theirs: k}, Local{Keyings: []*Keying{k}}, &Description{Keyings: []*Keying{k}}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			got := fmt.Sprintf(format, holder)
			if strings.Contains(got, "semctl") || strings.Contains(got, "0x73, 0x65, 0x6d") || strings.Contains(got, "115 101 109") || strings.Contains(got, "73656d") {
				t.Errorf("%s of %T shows %s", format, holder, got)
			}
		}
	}
	_, err := Parse([]byte("v=0\r\nx=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key30+"\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key30), OptionalSRTP)
	if err == nil || strings.Contains(err.Error(), key30[:4]) {
		t.Errorf("the error shows it: %v", err)
	}
}

func TestOffersAreTakenEncryptedOrNot(t *testing.T) {
	const avp, savp, crypto = "m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/SAVP 0", "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + key30
	tests := []struct {
		name string
		how  SRTP
		sdp  []string
		want string // the m= line of our answer, or of the error
		tag  int
	}{
		{"plain", OptionalSRTP, []string{avp}, "m=audio 4000 RTP/AVP 0", 0},
		{"secure", OptionalSRTP, []string{savp, crypto}, "m=audio 4000 RTP/SAVP 0", 7},
		{"both, plain first", OptionalSRTP, []string{avp, savp, crypto}, "m=audio 4000 RTP/SAVP 0", 7},
		{"if possible", OptionalSRTP, []string{avp, crypto}, "m=audio 4000 RTP/AVP 0", 7},
		{"if possible, with what we do not know", OptionalSRTP, []string{avp, "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + key30}, "m=audio 4000 RTP/AVP 0", 0},
		{"the first that we know", OptionalSRTP, []string{savp, "a=crypto:1 AEAD_AES_256_GCM_8 inline:x", crypto, "a=crypto:8 AEAD_AES_128_GCM inline:" + key28}, "m=audio 4000 RTP/SAVP 0", 7},
		{"secure without a key", OptionalSRTP, []string{savp}, "RTP/SAVP 0\": SRTP without", 0},
		{"demanded", RequireSRTP, []string{avp, savp, crypto}, "m=audio 4000 RTP/SAVP 0", 7},
		{"demanded in vain", RequireSRTP, []string{avp}, "RTP/AVP 0\": SRTP is demanded", 0},
		{"forbidden", NoSRTP, []string{savp, crypto}, "RTP/SAVP 0\": SRTP is switched off", 0},
		{"forbidden, both offered", NoSRTP, []string{savp, crypto, avp}, "m=audio 4000 RTP/AVP 0", 0},
		{"forbidden, if possible", NoSRTP, []string{avp, crypto}, "m=audio 4000 RTP/AVP 0", 0},
	}
	for _, tt := range tests {
		d, err := Parse(audioLines(tt.sdp...), tt.how)
		if err != nil {
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), key30) {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		got, err := d.Accept(all, SendRecv)
		if err != nil {
			t.Fatal(err)
		}
		l := here
		tag := 0
		if got.Theirs != nil {
			tag = got.Theirs.Tag
			got.Ours = got.Theirs.Reply()
			l.Keyings = got.Keyings()
		}
		body := l.Answer(d, got)
		if !strings.Contains(string(body), tt.want+"\r\n") || tag != tt.tag || (line(body, fmt.Sprintf("a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:", tt.tag)) != "") != (tt.tag != 0) {
			t.Errorf("%s: answered %s", tt.name, body)
		}
	}
}

func FuzzReadCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20|1:4 WSH=64")
	f.Add("3 AEAD_AES_128_GCM inline:" + key28)
	f.Fuzz(func(t *testing.T, value string) {
		k := readCrypto(value)
		if k == nil {
			return
		}
		if _, err := k.Context(); err != nil {
			t.Fatalf("%q cannot be used: %v", value, err)
		}
		if again := readCrypto(k.line()); again == nil || again.Tag != k.Tag || again.mki != "" || string(again.secret()) != string(k.secret()) {
			t.Fatalf("%q: we write it as %q", value, k.line())
		}
	})
}

// FreeSWITCH with rtp_secure_media=optional describes the same port twice, and knows suites that nobody else has.
func TestOptionalSRTPOfFreeSWITCHIsUnderstood(t *testing.T) {
	for how, want := range map[SRTP]string{OptionalSRTP: "m=audio 4000 RTP/SAVP 102 101|m=audio 0 RTP/AVP 102", RequireSRTP: "m=audio 4000 RTP/SAVP 102 101|m=audio 0 RTP/AVP 102",
		NoSRTP: "m=audio 0 RTP/SAVP 102|m=audio 4000 RTP/AVP 102 101"} {
		d, err := Parse(fixture(t, "freeswitch-offer-srtp-optional.sdp"), how)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Accept(all, SendRecv)
		if err != nil {
			t.Fatal(err)
		}
		l := here
		if (got.Theirs != nil) != (how != NoSRTP) {
			t.Fatalf("%d: theirs %v", how, got.Theirs != nil)
		}
		if got.Theirs != nil {
			if got.Theirs.suite.name != "AEAD_AES_256_GCM" || got.Theirs.Tag != 2 || len(d.Keyings) != 5 {
				t.Errorf("takes %d %s of %d", got.Theirs.Tag, got.Theirs.suite.name, len(d.Keyings))
			}
			got.Ours = got.Theirs.Reply()
			l.Keyings = got.Keyings()
		}
		var lines []string
		for line := range strings.Lines(string(l.Answer(d, got))) {
			if strings.HasPrefix(line, "m=") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		if strings.Join(lines, "|") != want {
			t.Errorf("%d: answered %v", how, lines)
		}
	}
}

func TestAnswerOfFreeSWITCHChoosesOneOfOurKeys(t *testing.T) {
	l := Local{Mux: true, Keyings: NewKeyings()}
	d, err := Parse(fixture(t, "freeswitch-answer-srtp.sdp"), RequireSRTP)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Accepted(all, l, SendRecv)
	if err != nil || got.Ours != l.Keyings[0] || got.Theirs.Suite() != got.Ours.Suite() || !got.Mux || got.RTCP != got.Addr {
		t.Errorf("%v, mux %v, reports to %s", err, got.Mux, got.RTCP)
	}
	l.Keyings[0].Tag = 9 // and not one that we did not offer
	if _, err = d.Accepted(all, l, SendRecv); err == nil || !strings.Contains(err.Error(), "none of the offered") {
		t.Errorf("got %v", err)
	}
}
