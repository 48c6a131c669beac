-- $1 account, $2 bookings
WITH seen AS (
    DELETE FROM {prefix}skipped_notes WHERE account = $1 AND booking = ANY ($2::bigint[])
)
UPDATE {prefix}booking_notes SET account = $1 WHERE booking = ANY ($2::bigint[]) AND account IS DISTINCT FROM $1
