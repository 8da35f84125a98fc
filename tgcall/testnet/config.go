package testnet

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

func (r *request) getConfig(*tg.HelpGetConfigRequest) (bin.Encoder, error) {
	now := unix(time.Now())
	return &tg.Config{
		Date: now, Expires: now + 3600, ThisDC: r.centre.dc, DCOptions: r.n.dcOptions(), DCTxtDomainName: "localhost",
		ChatSizeMax: 200, MegagroupSizeMax: 200000, ForwardedCountMax: 100, OnlineUpdatePeriodMs: 210000, OfflineBlurTimeoutMs: 5000,
		OfflineIdleTimeoutMs: 30000, OnlineCloudTimeoutMs: 300000, NotifyCloudDelayMs: 30000, NotifyDefaultDelayMs: 1500,
		PushChatPeriodMs: 60000, PushChatLimit: 2, EditTimeLimit: 172800, RevokeTimeLimit: 2147483647, RevokePmTimeLimit: 2147483647,
		CallReceiveTimeoutMs: int(r.n.o.ReceiveTimeout.Milliseconds()), CallRingTimeoutMs: int(r.n.o.RingTimeout.Milliseconds()),
		CallConnectTimeoutMs: int(r.n.o.ConnectTimeout.Milliseconds()), CallPacketTimeoutMs: int(r.n.o.PacketTimeout.Milliseconds()),
		MeURLPrefix: "https://t.me/", CaptionLengthMax: 1024, MessageLengthMax: messageLengthMax, WebfileDCID: firstDC,
	}, nil
}

func (r *request) getNearestDC(*tg.HelpGetNearestDCRequest) (bin.Encoder, error) {
	return &tg.NearestDC{Country: "ZZ", ThisDC: r.centre.dc, NearestDC: firstDC}, nil
}

// unix is a time as Telegram tells it.
func unix(t time.Time) int { return int(t.Unix()) }
