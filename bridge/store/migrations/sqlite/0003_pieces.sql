-- The index has longer pieces of words, too, and pieces of who answered. It is written anew.
DROP TABLE call_grams;
CREATE VIRTUAL TABLE call_grams USING fts5 (
	grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
