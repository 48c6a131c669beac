-- $1 event, $2 note or nothing, $3 whether the note is open
WITH mine AS (
    UPDATE {prefix}events SET state = 'done', claim = NULL, why = NULL, settled_at = statement_timestamp()
    WHERE event_id = $1::uuid AND state IN ('open', 'dead')
    RETURNING booking
), noted AS (
    INSERT INTO {prefix}booking_notes (booking, note, open)
    SELECT booking, $2, $3::boolean FROM mine WHERE booking IS NOT NULL AND $2 <> ''
    ON CONFLICT (booking) DO UPDATE SET note = excluded.note, open = excluded.open
)
SELECT 'done' FROM mine
