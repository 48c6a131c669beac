-- $1 event, $2 note or nothing, $3 whether the note is open, $4 the note that it replaces or nothing
WITH known AS (
    SELECT note FROM {prefix}booking_notes
    WHERE booking = (SELECT booking FROM {prefix}events WHERE event_id = $1::uuid) AND $2 <> ''
    FOR UPDATE
), mine AS (
    UPDATE {prefix}events SET state = 'done', claim = NULL, why = NULL, settled_at = statement_timestamp()
    WHERE event_id = $1::uuid AND state IN ('open', 'dead')
        AND ($2 = '' OR booking IS NULL OR coalesce((SELECT note FROM known), '') = $4)
    RETURNING booking
), noted AS (
    INSERT INTO {prefix}booking_notes AS known (booking, note, open)
    SELECT booking, $2, $3::boolean FROM mine WHERE booking IS NOT NULL AND $2 <> ''
    ON CONFLICT (booking) DO UPDATE SET note = excluded.note, open = excluded.open WHERE known.note = $4
    RETURNING known.booking
)
-- of two who note something first, the second fails as a whole: it divides by zero
SELECT CASE WHEN $2 = '' OR booking IS NULL THEN 'done' ELSE (1 / (SELECT count(*) FROM noted))::text END FROM mine
