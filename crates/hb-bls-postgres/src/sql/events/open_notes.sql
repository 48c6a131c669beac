-- $1 after this booking, $2 how many
SELECT booking::text, note, open::text FROM {prefix}booking_notes AS noted
WHERE open AND booking > $1::bigint
-- the number, not its text
ORDER BY noted.booking LIMIT $2::bigint
