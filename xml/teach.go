package xml

// Comments of the static files. FreeSWITCH's preprocessor acts on its instructions and variables in comments, too, and drops lines with the
// tag "include": none of that may stand here.
const (
	aboutUsers = `Lines of Switchgram, which register like telephones: one user each, since FreeSWITCH keeps one registration a user.
user_context is the dialplan context that calls from Telegram arrive in. Where the password is a variable named
switchgram_..._password, set that in vars.xml to what the line's password_env or password_file has; while it is not set
nobody can log in. Then: fs_cli -x reloadxml`

	aboutExtensions = `Telegram in the dialplan. X-TG-Dial says who is called, since a call to a registered user names the line and nobody else.
Dial tg#ann, tg@ann or @ann; tg+4930123456 or +4930123456; tg*123456789 or *123456789. Remove the extensions that end
in "bare" where a plus or a star means something else to you. A call goes by the first line unless the variable tg_line
of its channel (of the user in the directory, or by "set" before) names another.
Then: fs_cli -x reloadxml`

	aboutIncoming = `A call from Telegram rings who is called, if that is a user; without this extension another of this context takes it,
perhaps with voicemail. sip_auth_username says by which line it came, and no telephone can forge it.`

	aboutGateway = `Switchgram as a gateway: bridge sofia/gateway/switchgram/+15551234, or a username in place of the number; dial gw-+15551234
to try. X-TG-Line names the line. Switchgram takes such calls only from networks that its configuration lists as
sip.allow: the address of this profile has to be among them.
Then: fs_cli -x "sofia profile external rescan"`

	aboutCallID = `Copy these two into "settings" of sip_profiles/internal.xml, and of external.xml for the gateway: then the Call-ID of a call is
the UUID of its channel, in both directions, and Switchgram's log and "show channels" speak of the same thing. They take effect by
reloadxml and fs_cli -x "sofia profile internal restart", which ends running calls.`

	aboutBinding = `Who may ask reads digests of passwords: keep this file from others. What Switchgram does not know, and everything while
it is away, FreeSWITCH finds in its own files. mod_xml_curl has to be loaded before the modules that are to ask; in
modules.conf.xml it stands at the top. Where the password is a variable, set that in vars.xml. Then:
fs_cli -x "load mod_xml_curl", or "reload mod_xml_curl"`

	aboutEventSocket = `The event socket. Where the password is a variable, set that in vars.xml: FreeSWITCH takes ClueCon, which everybody
knows, in place of an empty one. apply-inbound-acl: who may connect; loopback.auto is this machine.
Then: fs_cli -x "reload mod_event_socket"`
)
