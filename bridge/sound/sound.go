// Package sound is what can be played, and what a program plays and hears at the end of a media.Stream. Sources are tones, WAV, MP3
// and Ogg/Opus files, and the signals of telephone networks; a room plays them to those who sit in it (room.Source is the same). A Player sends
// one to a stream, in its codec; a Listener decodes what comes, measures it and records it.
//
// The last two serve demonstrations and tests, where one wants to know that a certain tone went in here and came out there, how loud, how
// pure and how much later. They may be used from several goroutines at once; a Source belongs to whoever plays it.
package sound

// A Source makes sound, frame by frame.
type Source interface {
	// Fill writes the next samples, mono, at rate in Hz, to pcm, and returns how many: fewer than len(pcm) at the end of the sound, after
	// which there is none.
	Fill(pcm []int16, rate int) int
}

// Silence is the Source of nothing.
type Silence struct{}

// Fill clears pcm.
func (Silence) Fill(pcm []int16, _ int) int {
	clear(pcm)
	return len(pcm)
}
