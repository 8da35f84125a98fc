// Package notify tells others what happens to calls and lines: by webhooks that are signed, by requests and mails that are made of templates.
//
// What is to be told is a Notification. Subscriptions say which events become notifications (Notifications, which is pure, so that they can be
// written together with the event), a Queue keeps them, and Notifier.Run delivers them: at least once, and in order within a call.
//
// Everything here may be called from several goroutines at once.
package notify
