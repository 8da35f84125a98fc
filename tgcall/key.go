package tgcall

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// fingerprint names a key to Telegram's servers, so that both sides can tell whether they have the same.
func fingerprint(key []byte) int64 {
	sum := sha1.Sum(key)
	return int64(binary.LittleEndian.Uint64(sum[12:]))
}

// emojiOf are the four pictures of a key and the caller's public value.
func emojiOf(key, gA []byte) (out [4]string) {
	for i, n := range emojiIndexes(key, gA) {
		out[i] = emojiTable[n]
	}
	return out
}

func emojiIndexes(key, gA []byte) (out [4]int) {
	sum := sha256.Sum256(slices.Concat(key, gA))
	for i := range out {
		word := binary.BigEndian.Uint64(sum[8*i:]) &^ (1 << 63)
		out[i] = int(word % uint64(len(emojiTable)))
	}
	return out
}
