package signal

// NegotiateChannels is an offer, or the answer to one: there is no SDP. Each side offers the channels it will send; an answer
// repeats the offer's exchange id and, of its contents, those that are accepted, with the offerer's SSRC.
type NegotiateChannels struct {
	ExchangeID ID
	Contents   []Content
}

// Content is one outgoing channel of the side that offers.
type Content struct {
	Type          string // "audio" or "video"
	SSRC          ID     // with which the offerer will send; never 0
	SSRCGroups    []SSRCGroup
	PayloadTypes  []PayloadType
	RTPExtensions []Extension
}

// SSRCGroup joins the SSRCs of a video channel (RFC 5576 §4.2).
type SSRCGroup struct {
	Semantics string // "FID" or "SIM"
	SSRCs     []ID
}

// PayloadType is a codec and its number.
type PayloadType struct {
	ID            int
	Name          string
	Clockrate     int // Hz
	Channels      int // 0 for video
	FeedbackTypes []Feedback
	Parameters    map[string]string
}

// Feedback is a kind of RTCP feedback the codec takes (RFC 4585 §4.2).
type Feedback struct {
	Type    string // "transport-cc"
	Subtype string // often empty, yet always written
}

// Extension is an RTP header extension (RFC 8285).
type Extension struct {
	ID  int
	URI string
}

type negotiateWire struct {
	Type       string        `json:"@type"`
	Contents   []contentWire `json:"contents"`
	ExchangeID ID            `json:"exchangeId"`
}

type contentWire struct {
	PayloadTypes  []payloadTypeWire `json:"payloadTypes"`
	RTPExtensions []extensionWire   `json:"rtpExtensions"`
	SSRC          ID                `json:"ssrc"`
	SSRCGroups    []ssrcGroupWire   `json:"ssrcGroups,omitempty"`
	Type          string            `json:"type"`
}

type ssrcGroupWire struct {
	Semantics string `json:"semantics"`
	SSRCs     []ID   `json:"ssrcs"`
}

type payloadTypeWire struct {
	Channels      int               `json:"channels"`
	Clockrate     int               `json:"clockrate"`
	FeedbackTypes []feedbackWire    `json:"feedbackTypes"`
	ID            int               `json:"id"`
	Name          string            `json:"name"`
	Parameters    map[string]string `json:"parameters"`
}

type feedbackWire struct {
	Subtype string `json:"subtype"`
	Type    string `json:"type"`
}

type extensionWire struct {
	ID  int    `json:"id"`
	URI string `json:"uri"`
}

func (NegotiateChannels) name() string { return "NegotiateChannels" }

func (m NegotiateChannels) wire() any {
	return negotiateWire{Type: m.name(), ExchangeID: m.ExchangeID, Contents: each(m.Contents, Content.wire)}
}

func (c Content) wire() contentWire {
	return contentWire{
		Type:          c.Type,
		SSRC:          c.SSRC,
		SSRCGroups:    each(c.SSRCGroups, SSRCGroup.wire),
		PayloadTypes:  each(c.PayloadTypes, PayloadType.wire),
		RTPExtensions: each(c.RTPExtensions, func(e Extension) extensionWire { return extensionWire(e) }),
	}
}

func (g SSRCGroup) wire() ssrcGroupWire {
	return ssrcGroupWire{Semantics: g.Semantics, SSRCs: append([]ID{}, g.SSRCs...)}
}

func (p PayloadType) wire() payloadTypeWire {
	w := payloadTypeWire{
		ID: p.ID, Name: p.Name, Clockrate: p.Clockrate, Channels: p.Channels,
		FeedbackTypes: each(p.FeedbackTypes, func(f Feedback) feedbackWire { return feedbackWire{Subtype: f.Subtype, Type: f.Type} }),
		Parameters:    p.Parameters,
	}
	if w.Parameters == nil {
		w.Parameters = map[string]string{}
	}
	return w
}

// each maps a slice; the result is never nil.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

func parseNegotiateChannels(o *object) Message {
	return NegotiateChannels{ExchangeID: o.id("exchangeId"), Contents: list(o, "contents", parseContent)}
}

func parseContent(o *object) Content {
	c := Content{
		Type:          o.text("type"),
		SSRC:          o.ssrc("ssrc"),
		SSRCGroups:    listOr(o, "ssrcGroups", parseSSRCGroup),
		PayloadTypes:  list(o, "payloadTypes", parsePayloadType),
		RTPExtensions: listOr(o, "rtpExtensions", parseExtension),
	}
	if c.Type != "audio" && c.Type != "video" {
		o.fail("type", "want audio or video")
	}
	return c
}

func parseSSRCGroup(o *object) SSRCGroup {
	return SSRCGroup{Semantics: o.text("semantics"), SSRCs: o.ids("ssrcs")}
}

func parsePayloadType(o *object) PayloadType {
	return PayloadType{
		ID:            o.number("id"),
		Name:          o.text("name"),
		Clockrate:     o.number("clockrate"),
		Channels:      o.numberOr("channels", 0),
		FeedbackTypes: listOr(o, "feedbackTypes", parseFeedback),
		Parameters:    o.texts("parameters"),
	}
}

func parseFeedback(o *object) Feedback {
	return Feedback{Type: o.text("type"), Subtype: o.text("subtype")}
}

func parseExtension(o *object) Extension {
	return Extension{ID: o.number("id"), URI: o.text("uri")}
}
