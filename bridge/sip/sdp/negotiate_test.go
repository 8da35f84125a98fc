package sdp

import (
	"bufio"
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var (
	all  = []Codec{Opus, G722, PCMU, PCMA}
	here = Local{Addr: netip.MustParseAddrPort("127.0.0.1:4000"), Session: 7, Version: 9}
)

// line finds the first line of an SDP that begins so.
func line(body []byte, prefix string) string {
	for l := range strings.Lines(string(body)) {
		if strings.HasPrefix(l, prefix) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}

func TestAnswerToFreeSWITCHTakesItsNumbersAndDigitsOn101(t *testing.T) {
	tests := []struct {
		file   string
		prefer []Codec
		want   Format
		m      string
	}{
		{"freeswitch-offer-all.sdp", all, Format{Opus, 48000, 2, 102, 101, 8000, 20 * time.Millisecond}, "m=audio 4000 RTP/AVP 102 101"},
		{"freeswitch-offer-all.sdp", []Codec{G722, Opus}, Format{G722, 8000, 1, 9, 101, 8000, 20 * time.Millisecond}, "m=audio 4000 RTP/AVP 9 101"},
		{"freeswitch-offer-opus.sdp", all, Format{Opus, 48000, 2, 102, 101, 48000, 20 * time.Millisecond}, "m=audio 4000 RTP/AVP 102 101"},
		{"freeswitch-offer-pcmu.sdp", all, Format{PCMU, 8000, 1, 0, 101, 8000, 20 * time.Millisecond}, "m=audio 4000 RTP/AVP 0 101"},
	}
	for _, tt := range tests {
		d, err := Parse(fixture(t, tt.file), OptionalSRTP)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Accept(tt.prefer, SendRecv)
		if err != nil {
			t.Fatal(err)
		}
		if got.Format != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.file, got.Format, tt.want)
		}
		if m := line(here.Answer(d, got), "m="); m != tt.m {
			t.Errorf("%s: %s, want %s", tt.file, m, tt.m)
		}
	}
}

// Every leg that FreeSWITCH was seen to offer us, by what its caller offered, can be answered.
func TestEveryLegOfFreeSWITCHCanBeAnswered(t *testing.T) {
	scanner := bufio.NewScanner(bytes.NewReader(fixture(t, "freeswitch-b-legs.txt")))
	for scanner.Scan() {
		_, lines, _ := strings.Cut(scanner.Text(), "-> ")
		d, err := Parse(audioLines(strings.Split(lines, " | ")...), OptionalSRTP)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Accept(all, SendRecv)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(lines, "opus") != (got.Format.Codec == Opus) || got.Format.DTMFPayloadType != 101 {
			t.Errorf("%s: %+v", lines, got.Format)
		}
	}
}

func TestAnswerOfABrowserStyleOfferTakesTheEventsOfTheCodecsClock(t *testing.T) {
	d, err := Parse(audioLines("m=audio 4000 RTP/AVP 111 126 110", "a=rtpmap:111 opus/48000/2", "a=rtpmap:110 telephone-event/48000",
		"a=rtpmap:126 telephone-event/8000"), OptionalSRTP)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Accept(all, SendRecv)
	if err != nil || got.Format.DTMFPayloadType != 110 {
		t.Errorf("%+v, %v", got.Format, err)
	}
}

func TestOfferListsEventsAsFreeSWITCHDoes(t *testing.T) {
	tests := []struct {
		codecs []Codec
		want   string
	}{
		{all, "m=audio 4000 RTP/AVP 102 9 0 8 103 101"},
		{[]Codec{Opus}, "m=audio 4000 RTP/AVP 102 101"},
		{[]Codec{PCMU, PCMA}, "m=audio 4000 RTP/AVP 0 8 101"},
	}
	for _, tt := range tests {
		offer := here.Offer(tt.codecs)
		if got := line(offer, "m="); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.codecs, got, tt.want)
		}
		if _, err := Parse(offer, OptionalSRTP); err != nil {
			t.Errorf("%v: %v", tt.codecs, err)
		}
	}
}

func TestAnswerOfFreeSWITCHToUsIsTaken(t *testing.T) {
	d, err := Parse(fixture(t, "freeswitch-answer-no-events.sdp"), OptionalSRTP)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Accepted(all, here, SendRecv)
	want := Format{Opus, 48000, 2, 111, 101, 8000, 20 * time.Millisecond}
	if err != nil || got.Format != want || got.Addr != netip.MustParseAddrPort("127.0.0.1:20830") {
		t.Errorf("%+v %s, %v", got.Format, got.Addr, err)
	}
}

func TestNoCommonCodecIsRefusedByName(t *testing.T) {
	d, err := Parse(fixture(t, "freeswitch-offer-l16.sdp"), OptionalSRTP)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.Accept(all, SendRecv); err == nil || !strings.Contains(err.Error(), "m=audio 20900 RTP/AVP 102 101") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownMediaLinesAreAnsweredWithPortZero(t *testing.T) {
	d, err := Parse(audioLines("m=video 6000 RTP/AVP 96 97", "m=audio 5000 RTP/SAVP 0", "m=audio 4000 RTP/AVPF 8", "m=application 7 TCP/BFCP *", "m=image 9 udptl t38"), OptionalSRTP)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Accept(all, SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for l := range strings.Lines(string(here.Answer(d, got))) {
		if strings.HasPrefix(l, "m=") {
			lines = append(lines, strings.TrimSpace(l))
		}
	}
	want := "m=video 0 RTP/AVP 96|m=audio 0 RTP/SAVP 0|m=audio 4000 RTP/AVPF 8|m=application 0 TCP/BFCP *|m=image 0 udptl t38"
	if strings.Join(lines, "|") != want {
		t.Errorf("got %v", lines)
	}
}

func TestHoldIsAnsweredFromTheOtherSide(t *testing.T) {
	tests := []struct {
		theirs string
		want   Direction // what we would like
		ours   Direction
	}{
		{"sendonly", SendRecv, RecvOnly}, {"recvonly", SendRecv, SendOnly}, {"inactive", SendRecv, Inactive}, {"sendrecv", SendRecv, SendRecv},
		{"sendrecv", SendOnly, SendOnly}, {"sendonly", SendOnly, Inactive}, {"recvonly", SendOnly, SendOnly},
	}
	for _, tt := range tests {
		d, err := Parse(audioLines("m=audio 4000 RTP/AVP 0", "a="+tt.theirs), OptionalSRTP)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Accept(all, tt.want)
		if err != nil || got.Direction != tt.ours {
			t.Errorf("%s: %s, want %s, %v", tt.theirs, got.Direction, tt.ours, err)
		}
		if line(here.Answer(d, got), "a="+tt.ours.String()) == "" {
			t.Errorf("%s: answer lacks a=%s", tt.theirs, tt.ours)
		}
	}
}
