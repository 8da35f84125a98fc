// Package xml is what a FreeSWITCH reads: its directory, dialplan and configuration, served to mod_xml_curl or written as files.
//
// Handler answers the questions of mod_xml_curl from a Switchboard, which the bridge implements by its lines and users. What it does not
// own it says it has not found, and FreeSWITCH goes on to its own files: nothing is taken from an installation that exists. Files makes
// the static files for those who want no such server. Both write the same elements.
//
// The forms are those of https://developer.signalwire.com/freeswitch, pages "mod_xml_curl", "XML User Directory" and "XML Dialplan", and what
// FreeSWITCH 1.10 and 1.11 were seen to send; testdata has requests as they came. Everything here may be called at once.
package xml
