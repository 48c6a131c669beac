SELECT booking::text, note, open::text FROM {prefix}booking_notes WHERE booking = ANY ($1::bigint[])
