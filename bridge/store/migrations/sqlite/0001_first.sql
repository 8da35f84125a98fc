-- n is when a call began, in microseconds since 1970, made unique: the order of pages.
CREATE TABLE calls (
	n           INTEGER PRIMARY KEY,
	journal     TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	line        TEXT    NOT NULL,
	direction   TEXT    NOT NULL,
	running     INTEGER NOT NULL,
	answered    INTEGER NOT NULL,
	missed      INTEGER NOT NULL,
	recorded    INTEGER NOT NULL,
	noted       INTEGER NOT NULL,
	cause       INTEGER NOT NULL,
	talk        INTEGER NOT NULL, -- milliseconds
	answered_by TEXT    NOT NULL, -- folded, one of numbers
	numbers     TEXT    NOT NULL, -- folded, of everybody
	names       TEXT    NOT NULL, -- folded, of everybody
	words       TEXT    NOT NULL, -- folded, all that can be searched for
	UNIQUE (journal, id)
);

-- What is kept of a call, as JSON. It stands apart so that conditions are looked through fast.
CREATE TABLE call_records (
	n      INTEGER PRIMARY KEY,
	record TEXT NOT NULL
);

CREATE INDEX calls_id ON calls (id);
CREATE INDEX calls_running ON calls (journal) WHERE running = 1;
CREATE INDEX calls_talk ON calls (talk, n);

CREATE VIRTUAL TABLE call_grams USING fts5 (
	grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- How far a journal has been read.
CREATE TABLE journals (
	name    TEXT PRIMARY KEY,
	segment INTEGER NOT NULL,
	place   INTEGER NOT NULL
);

-- Notifications: what one endpoint is to be told of one event. Times are microseconds since 1970; 0: none.
CREATE TABLE notifications (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT    NOT NULL UNIQUE,
	endpoint TEXT    NOT NULL,
	call     TEXT    NOT NULL,
	kind     TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	event    BLOB    NOT NULL,
	numbers  TEXT    NOT NULL, -- folded, of everybody whom the event names, between spaces
	state    TEXT    NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	first    INTEGER NOT NULL DEFAULT 0,
	next     INTEGER NOT NULL,
	status   INTEGER NOT NULL DEFAULT 0,
	err      TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX notifications_due ON notifications (endpoint, next, seq) WHERE state = 'waiting';
CREATE INDEX notifications_order ON notifications (endpoint, call, seq) WHERE state = 'waiting';
CREATE INDEX notifications_done ON notifications (at) WHERE state <> 'waiting';
