package tgcall

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// vectors of the key exchange.
type vectors struct {
	DH []struct {
		G           int
		P           hexBytes `json:"p_hex"`
		A           hexBytes `json:"a_hex"`
		B           hexBytes `json:"b_hex"`
		GA          hexBytes `json:"g_a_hex"`
		GB          hexBytes `json:"g_b_hex"`
		Key         hexBytes `json:"key_hex"`
		Fingerprint int64    `json:"key_fingerprint_int64"`
		Indexes     [4]int   `json:"emoji_indexes"`
		Emoji       any
	}
	Emoji []string `json:"emoji_table_points"`
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}

func loadVectors(t testing.TB) (v vectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err := cmp.Or(err, json.NewDecoder(r).Decode(&v)); err != nil {
		t.Fatal(err)
	}
	return v
}
