package sound

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFileThatIsWrittenCanBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "said.wav")
	f, err := CreateWAV(path, 16000)
	if err != nil {
		t.Fatal(err)
	}
	want := []int16{1, -2, 32767, -32768}
	f.Write(want[:3])
	f.Write(want[3:])
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	w, err := ReadWAV(in)
	if err != nil || !slices.Equal(w.Samples(), want) {
		t.Errorf("read %v, %v", w, err)
	}
}

func TestFileThatCannotBeMade(t *testing.T) {
	if _, err := CreateWAV(filepath.Join(t.TempDir(), "none", "said.wav"), 8000); err == nil {
		t.Error("it was made")
	}
}
