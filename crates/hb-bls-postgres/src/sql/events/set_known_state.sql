-- $4 what was noted
UPDATE {prefix}booking_notes SET note = $2, open = $3::boolean WHERE booking = $1::bigint AND note = $4
RETURNING 'noted'
