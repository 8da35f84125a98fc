package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheDoctorsStatusSaysWhetherAnythingIsWrong(t *testing.T) {
	s := sit(t)
	s.want(failed, "doctor", "-c", filepath.Join(t.TempDir(), "none.yaml"))
	if !strings.HasPrefix(s.out.String(), "WRONG    configuration  there is no configuration") || s.err.String() != "" {
		t.Errorf("said %q, complained %q", s.out, s.err)
	}
}

func TestTheDoctorSpeaksJSON(t *testing.T) {
	s, file := sit(t), filepath.Join(t.TempDir(), "switchgram.yaml")
	if err := os.WriteFile(file, []byte("drain: often\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(failed, "doctor", "-c", file, "-json")
	if !strings.HasPrefix(s.out.String(), `{"check":"configuration","verdict":"wrong","said":"`) {
		t.Error(s.out)
	}
}
