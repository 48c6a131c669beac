INSERT INTO {prefix}booking_notes (booking, note, open) VALUES ($1::bigint, $2, $3::boolean)
ON CONFLICT (booking) DO NOTHING
RETURNING 'noted'
