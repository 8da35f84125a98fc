-- Parts of names, and of who answered, are found fast where the extension pg_trgm is there.
DO $$ BEGIN
	CREATE INDEX calls_names ON calls USING gin (names gin_trgm_ops);
	CREATE INDEX calls_answered_by ON calls USING gin (answered_by gin_trgm_ops);
EXCEPTION WHEN undefined_object THEN
	RAISE NOTICE 'no index for names: %', SQLERRM;
END $$;
