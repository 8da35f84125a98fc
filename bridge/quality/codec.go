package quality

import "switchgram/bridge/media"

// codec is what a codec takes away by itself (Ie), and how well it takes loss (Bpl).
type codec struct{ ie, bpl float64 }

// codecs on the narrow-band scale. None of them sounds worse than G.711 as long as nothing is lost, and the scale has no place for
// the wider band of Opus and G.722.
//
//   - G.711: ITU-T G.113 Appendix I, with concealment (G.711 Appendix I), as this program and telephones have it. Without, Bpl is 4.3.
//   - G.722: G.113 gives wide-band impairments, 13 for G.722 at 64 kbit/s and 36 for G.711, but no Bpl; concealment is as for G.711,
//     the predictor takes longer to recover. Taken for Opus's, an estimate.
//   - Opus: not in G.113. M. Alahmadi's estimates with POLQA (2021) are Ie 2 and Bpl 16 for narrow-band at 11 kbit/s under random
//     loss, and Ie falls towards 0 with the rate; Telegram and browsers send 20 kbit/s and more. In-band FEC is not counted.
var codecs = map[media.Codec]codec{
	media.Opus: {ie: 0, bpl: 16},
	media.PCMU: {ie: 0, bpl: 25.1},
	media.PCMA: {ie: 0, bpl: 25.1},
	media.G722: {ie: 0, bpl: 16},
}

// Impairment is what a codec and a share of random loss, 0 to 1, take from R (Ie,eff of G.107 §7.5). A codec that is not known is
// taken for G.711 without concealment.
func Impairment(c media.Codec, loss float64) float64 {
	k, ok := codecs[c]
	if !ok {
		k = codec{bpl: 4.3}
	}
	percent := 100 * min(max(loss, 0), 1)
	return k.ie + (95-k.ie)*percent/(percent+k.bpl)
}
