package route

import (
	"maps"
	"slices"
)

// form is what is known of an application before it runs.
type form struct {
	new     func() action
	media   bool   // it works on the call; without one it is left out
	answers bool   // it may take its time before the answer: it ends by itself
	async   bool   // it can be done without anybody waiting
	about   string // one line
}

// aliases are other names, of Webitel's, and what they mean here.
var aliases = map[string]string{
	"set": "setVar", "setAll": "setVar", "setNoLocal": "setVar", "export": "exportVars", "flushDtmf": "flushDTMF", "sendSms": "sendSMS",
	"joinQueue": "queue", "telegram": "sendMessage", "getQueueInfo": "queueStatus",
}

// applications are all that there are, by name.
func applications() map[string]form {
	all := map[string]form{}
	for _, group := range []map[string]form{flowForms(), variableForms(), dataForms(), callForms(), talkForms(), soundForms(), outsideForms()} {
		for name, f := range group {
			all[name] = f
		}
	}
	return all
}

func flowForms() map[string]form {
	return map[string]form{
		"if":        {new: func() action { return &ifThen{} }, about: "Runs one of two lists of steps."},
		"switch":    {new: func() action { return &switchCase{} }, about: "Runs the list of steps of a value."},
		"while":     {new: func() action { return &while{} }, about: "Runs steps again while a condition holds."},
		"goto":      {new: func() action { return &goTo{} }, about: "Goes to a tag, or to the route of another number."},
		"break":     {new: func() action { return &breakOff{} }, about: "Ends the script."},
		"function":  {new: func() action { return &function{} }, about: "Declares steps that execute runs."},
		"execute":   {new: func() action { return &execute{} }, async: true, about: "Runs a function."},
		"schema":    {new: func() action { return &schema{} }, async: true, about: "Runs the steps of another route."},
		"trigger":   {new: func() action { return &trigger{} }, about: "Declares what to do when the call is over."},
		"start":     {new: func() action { return &start{} }, about: "Does nothing: where a drawing begins."},
		"log":       {new: func() action { return &logLine{} }, about: "Writes a line to the log."},
		"dump":      {new: func() action { return &dump{} }, about: "Writes all variables to the log."},
		"sleep":     {new: func() action { return &sleep{} }, about: "Waits."},
		"softSleep": {new: func() action { return &sleep{} }, about: "Waits; the same as sleep."},
	}
}

func variableForms() map[string]form {
	return map[string]form{
		"setVar":     {new: func() action { return &setVar{} }, about: "Sets variables."},
		"unSet":      {new: func() action { return &unSet{} }, about: "Takes variables away."},
		"setArray":   {new: func() action { return &setArray{} }, about: "Sets a variable to a list."},
		"exportVars": {new: func() action { return &exportVars{} }, about: "Marks variables for records, webhooks and agents."},
		"timezone":   {new: func() action { return &timezone{} }, about: "Changes the time zone of what follows."},
		"cache":      {new: func() action { return &cacheStep{} }, about: "Keeps a value for other calls."},
		"updateCid":  {new: func() action { return &updateCID{} }, about: "Changes whom the called see calling."},
	}
}

func dataForms() map[string]form {
	return map[string]form{
		"string":    {new: func() action { return &stringStep{} }, about: "Works on a text."},
		"math":      {new: func() action { return &mathStep{} }, about: "Reckons, or picks at random."},
		"js":        {new: func() action { return &javaScript{} }, about: "Runs JavaScript, if the operator allows that."},
		"calendar":  {new: func() action { return &calendarStep{} }, about: "Asks a calendar whether somebody is there."},
		"list":      {new: func() action { return &list{} }, about: "Runs steps if a number is in a list."},
		"blackList": {new: func() action { return &blackList{} }, about: "Turns away numbers of a list."},
		"listAdd":   {new: func() action { return &listAdd{} }, about: "Adds a number to a list."},
		"limit":     {new: func() action { return &limitStep{} }, about: "Counts calls at once, and turns away more."},
	}
}

func callForms() map[string]form {
	return map[string]form{
		"answer":         {new: func() action { return &answer{} }, media: true, about: "Answers, or lets it ring."},
		"preAnswer":      {new: func() action { return &preAnswer{} }, media: true, about: "Lets the caller hear sound before the answer."},
		"ringReady":      {new: func() action { return &ringReady{} }, media: true, about: "Lets the caller hear that it rings."},
		"hangup":         {new: func() action { return &hangup{} }, media: true, about: "Ends the call."},
		"bridge":         {new: func() action { return &bridgeStep{} }, media: true, answers: true, about: "Connects the caller to somebody."},
		"originate":      {new: func() action { return &originate{} }, about: "Makes a second call, with steps of its own."},
		"recordSession":  {new: func() action { return &recordSession{} }, media: true, about: "Records the call."},
		"scheduleHangup": {new: func() action { return &scheduleHangup{} }, media: true, about: "Ends the call later."},
		"schedule":       {new: func() action { return &schedule{} }, media: true, about: "Ends or moves the call later."},
		"setUser":        {new: func() action { return &setUser{} }, media: true, about: "Takes the variables of a user of the switch."},
		"userData":       {new: func() action { return &userData{} }, about: "Reads a variable of a user, ours or the switch's."},
	}
}

func talkForms() map[string]form {
	return map[string]form{
		"conference":  {new: func() action { return &conference{} }, media: true, answers: true, about: "Joins a conference."},
		"queue":       {new: func() action { return &queue{} }, media: true, answers: true, about: "Waits for an agent."},
		"cancelQueue": {new: func() action { return &cancelQueue{} }, media: true, about: "Leaves the queue."},
		"ccPosition":  {new: func() action { return &ccPosition{} }, media: true, about: "Says how many wait before the caller."},
		"queueStatus": {new: func() action { return &queueStatus{} }, media: true, about: "Says how many agents are free and how many callers wait."},
		"park":        {new: func() action { return &park{} }, media: true, answers: true, about: "Leaves the call for somebody to fetch."},
		"pickup":      {new: func() action { return &pickup{} }, media: true, answers: true, about: "Takes a call that rings elsewhere."},
	}
}

func soundForms() map[string]form {
	return map[string]form{
		"playback":   {new: func() action { return &playback{} }, media: true, about: "Plays sounds, and waits for keys."},
		"say":        {new: func() action { return &say{} }, media: true, about: "Speaks numbers and dates with recorded phrases."},
		"tts":        {new: func() action { return &tts{} }, media: true, about: "Speaks text, and waits for keys."},
		"stt":        {new: func() action { return &stt{} }, media: true, about: "Listens, and writes down what was said."},
		"ivr":        {new: func() action { return &ivr{} }, media: true, about: "A menu: plays, waits for keys, runs the steps of what was pressed."},
		"recordFile": {new: func() action { return &recordFile{} }, media: true, about: "Records what the caller says."},
		"flushDTMF":  {new: func() action { return &flushDTMF{} }, media: true, about: "Forgets the keys that were pressed until now."},
		"ringback":   {new: func() action { return &ringback{} }, media: true, about: "Sets what the caller hears while waiting."},
		"setSounds":  {new: func() action { return &setSounds{} }, media: true, about: "Sets the language and voice of recorded phrases."},
		"echo":       {new: func() action { return &echo{} }, media: true, about: "Plays back what the caller says."},
		"inBandDTMF": {new: func() action { return &inBandDTMF{} }, media: true, about: "Looks for keys in the sound."},
		"amd":        {new: func() action { return &amd{} }, media: true, about: "Tells answering machines from people."},
	}
}

func outsideForms() map[string]form {
	return map[string]form{
		"httpRequest":  {new: func() action { return &httpRequest{} }, async: true, about: "Asks a web server."},
		"httpResponse": {new: func() action { return &httpResponse{} }, about: "Answers the web request that runs this script."},
		"sendMessage":  {new: func() action { return &sendMessage{} }, async: true, about: "Sends a Telegram message."},
		"recvMessage":  {new: func() action { return &recvMessage{} }, about: "Waits for what somebody writes on Telegram."},
		"menu":         {new: func() action { return &menu{} }, about: "Has somebody choose in writing, on Telegram."},
		"sendEmail":    {new: func() action { return &sendEmail{} }, async: true, about: "Sends mail."},
		"sendSMS":      {new: func() action { return &sendSMS{} }, async: true, about: "Sends a text message through a gateway's web server."},
		"openLink":     {new: func() action { return &openLink{} }, async: true, about: "Opens a page at an agent's telephone."},
		"notification": {new: func() action { return &notification{} }, async: true, about: "Shows agents a message."},
		"cdr":          {new: func() action { return &cdr{} }, about: "Searches the calls that were."},
		"lastBridged":  {new: func() action { return &lastBridged{} }, about: "Finds who last talked with a number."},
	}
}

// Applications are the names of all applications, without those that are other names.
func Applications() []string { return slices.Sorted(maps.Keys(applications())) }
