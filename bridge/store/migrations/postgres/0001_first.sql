-- n is when a call began, in microseconds since 1970, made unique: the order of pages.
CREATE TABLE calls (
	n           bigint   PRIMARY KEY,
	journal     text     NOT NULL,
	id          text     NOT NULL,
	line        text     NOT NULL,
	direction   text     NOT NULL,
	running     smallint NOT NULL,
	answered    smallint NOT NULL,
	missed      smallint NOT NULL,
	recorded    smallint NOT NULL,
	noted       smallint NOT NULL,
	cause       smallint NOT NULL,
	talk        bigint   NOT NULL, -- milliseconds
	answered_by text     NOT NULL, -- folded, one of numbers
	numbers     text     NOT NULL, -- folded, of everybody
	names       text     NOT NULL, -- folded, of everybody
	words       text     NOT NULL, -- folded, all that can be searched for
	UNIQUE (journal, id)
);

-- What is kept of a call, as JSON. It stands apart so that conditions are looked through fast.
CREATE TABLE call_records (
	n      bigint PRIMARY KEY,
	record text NOT NULL
);

CREATE INDEX calls_id ON calls (id);
CREATE INDEX calls_running ON calls (journal) WHERE running = 1;
CREATE INDEX calls_talk ON calls (talk, n);
CREATE INDEX calls_line ON calls (line, n);
CREATE INDEX calls_cause ON calls (cause, n);
CREATE INDEX calls_missed ON calls (n) WHERE missed = 1;
CREATE INDEX calls_recorded ON calls (n) WHERE recorded = 1;
CREATE INDEX calls_noted ON calls (n) WHERE noted = 1;

-- Searching works without the extension, which may not be there or not be allowed; it is slow then.
DO $$ BEGIN
	CREATE EXTENSION IF NOT EXISTS pg_trgm;
	CREATE INDEX calls_words ON calls USING gin (words gin_trgm_ops);
	CREATE INDEX calls_numbers ON calls USING gin (numbers gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
	RAISE NOTICE 'no index for text: %', SQLERRM;
END $$;

-- How far a journal has been read.
CREATE TABLE journals (
	name    text PRIMARY KEY,
	segment bigint NOT NULL,
	place   bigint NOT NULL
);

-- Notifications: what one endpoint is to be told of one event. Times are microseconds since 1970; 0: none.
CREATE TABLE notifications (
	seq      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id       text    NOT NULL UNIQUE,
	endpoint text    NOT NULL,
	call     text    NOT NULL,
	kind     text    NOT NULL,
	at       bigint  NOT NULL,
	event    bytea   NOT NULL,
	numbers  text    NOT NULL, -- folded, of everybody whom the event names, between spaces
	state    text    NOT NULL,
	attempts integer NOT NULL DEFAULT 0,
	first    bigint  NOT NULL DEFAULT 0,
	next     bigint  NOT NULL,
	status   integer NOT NULL DEFAULT 0,
	err      text    NOT NULL DEFAULT ''
);
CREATE INDEX notifications_due ON notifications (endpoint, next, seq) WHERE state = 'waiting';
CREATE INDEX notifications_order ON notifications (endpoint, call, seq) WHERE state = 'waiting';
CREATE INDEX notifications_done ON notifications (at) WHERE state <> 'waiting';
