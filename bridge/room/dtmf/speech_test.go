package dtmf_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"switchgram/bridge/room/dtmf"
	"switchgram/bridge/sound"
)

// What is read aloud: each text with its language, rich in vowels and in numbers.
var texts = map[string]string{
	"en": `Good morning, you are through to the workshop. If your bicycle squeaks, press the brake twice and tell us where you have left it.
		Our hours are nine to seventeen, except on the second Thursday of each month, when we open at eleven forty five. The wheel you ordered
		came in on Tuesday; it weighs one thousand three hundred and thirty six grams, and costs a hundred and twenty nine pounds.`,
	"de": `Guten Tag, hier ist die Werkstatt am Hafen. Wenn Ihr Fahrrad quietscht, ziehen Sie bitte zweimal die Bremse an und sagen Sie uns,
		wo es steht. Wir haben von neun bis siebzehn Uhr geöffnet, nur am zweiten Donnerstag im Monat erst ab elf Uhr fünfundvierzig. Das
		bestellte Laufrad ist gestern angekommen, es wiegt eintausenddreihundertsechsunddreißig Gramm.`,
	"fr": `Bonjour, vous êtes bien à l'atelier du vieux port. Si votre vélo grince, serrez deux fois le frein et dites-nous où il se trouve.
		Nous sommes ouverts de neuf heures à dix-sept heures, sauf le deuxième jeudi du mois. La roue que vous avez commandée est arrivée
		mardi, elle pèse mille trois cent trente-six grammes et coûte cent vingt-neuf euros.`,
	"es": `Buenos días, le atiende el taller del puerto. Si su bicicleta chirría, apriete dos veces el freno y díganos dónde la ha dejado.
		Abrimos de nueve a diecisiete horas, salvo el segundo jueves de cada mes. La rueda que usted pidió llegó el martes, pesa mil
		trescientos treinta y seis gramos y cuesta ciento veintinueve euros.`,
	"ru": `Добрый день, вы позвонили в мастерскую у старого порта. Если ваш велосипед скрипит, дважды нажмите на тормоз и скажите, где вы его
		оставили. Мы работаем с девяти до семнадцати часов, кроме второго четверга каждого месяца. Колесо, которое вы заказали, пришло во
		вторник, оно весит тысячу триста тридцать шесть граммов и стоит сто двадцать девять рублей.`,
}

// TestSpeechIsNotTakenForDigits lets different voices read for three quarters of an hour, and finds not one digit in it.
func TestSpeechIsNotTakenForDigits(t *testing.T) {
	var heard time.Duration
	found := 0
	for language, text := range texts {
		for _, voice := range []string{"", "+m3", "+m7", "+f2", "+f5", "+croak"} {
			for _, speed := range []int{130, 175} {
				for _, pitch := range []int{30, 65} {
					pcm := speak(t, language+voice, speed, pitch, text)
					digits := dtmf.NewDetector().Write(pcm)
					if len(digits) > 0 {
						t.Errorf("%s%s at %d words a minute, pitch %d: %q", language, voice, speed, pitch, digits)
					}
					heard += time.Duration(len(pcm)) * time.Second / dtmf.Rate
					found += len(digits)
				}
			}
		}
	}
	t.Logf("%d digits in %v of speech", found, heard.Round(time.Second))
	if heard < 30*time.Minute {
		t.Errorf("only %v of speech", heard)
	}
}

// speak is text read aloud, at dtmf.Rate.
func speak(t *testing.T, voice string, speed, pitch int, text string) []int16 {
	t.Helper()
	out, err := exec.Command("espeak-ng", "--stdout", "-v", voice, "-s", fmt.Sprint(speed), "-p", fmt.Sprint(pitch), text).Output()
	if err != nil {
		t.Fatalf("espeak-ng: %v", err)
	}
	wav, err := sound.ReadWAV(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 120*dtmf.Rate)
	return pcm[:wav.Fill(pcm, dtmf.Rate)]
}
