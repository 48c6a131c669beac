-- $1 account, $2 booking, $3 what is noted of it
INSERT INTO {prefix}skipped_notes (account, booking, note) VALUES ($1, $2::bigint, $3)
ON CONFLICT (account, booking) DO UPDATE SET note = excluded.note
