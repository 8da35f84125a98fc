// Package sound is what a program plays and hears at the end of a media.Stream: a Player sends a Source, such as a tone or a WAV file,
// in the stream's codec; a Listener decodes what comes, measures it and records it.
//
// It serves demonstrations and tests, where one wants to know that a certain tone went in here and came out there, how loud, how pure and
// how much later. Players and Listeners may be used from several goroutines at once; a Source belongs to one Player.
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
