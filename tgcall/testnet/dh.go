package testnet

import (
	"encoding/binary"
	"math/big"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// dhVersion of the only configuration there is.
const dhVersion = 3

// dhGenerator goes with the prime: 3 is a quadratic residue of it.
const dhGenerator = 3

// dhPrimeHex is the prime that Telegram has used for years, so that clients which know it need not test it.
const dhPrimeHex = "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37" +
	"20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F642477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4" +
	"A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4" +
	"E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B"

func dhPrime() *big.Int {
	p, _ := new(big.Int).SetString(dhPrimeHex, 16)
	return p
}

func (r *request) getDHConfig(q *tg.MessagesGetDhConfigRequest) (bin.Encoder, error) {
	if q.RandomLength < 0 || q.RandomLength > 1024 {
		return nil, tgerr.New(400, "RANDOM_LENGTH_INVALID")
	}
	random := randomBytes(q.RandomLength)
	if q.Version == dhVersion {
		return &tg.MessagesDhConfigNotModified{Random: random}, nil
	}
	return &tg.MessagesDhConfig{G: dhGenerator, P: dhPrime().Bytes(), Version: dhVersion, Random: random}, nil
}

// positive64 is a random id, as Telegram's are.
func positive64() int64 { return int64(binary.LittleEndian.Uint64(randomBytes(8)) >> 1) }
