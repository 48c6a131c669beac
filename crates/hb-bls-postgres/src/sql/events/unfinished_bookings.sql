-- $1 account, $2 after this booking, $3 how many
SELECT booking::text, note, open::text FROM {prefix}booking_notes AS noted
WHERE open AND (account = $1 OR account IS NULL) AND booking > $2::bigint AND NOT EXISTS (
    SELECT FROM {prefix}skipped_notes AS skipped
    WHERE skipped.account = $1 AND skipped.booking = noted.booking AND skipped.note = noted.note
)
-- the number, not its text
ORDER BY noted.booking LIMIT $3::bigint
