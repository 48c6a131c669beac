INSERT INTO {prefix}bookings (account, key, revision, finished, record, booking)
VALUES ($1, decode($2, 'hex'), 1, $3::boolean, $4, nullif($5, '')::bigint)
ON CONFLICT (account, key) DO NOTHING
RETURNING 'written'
