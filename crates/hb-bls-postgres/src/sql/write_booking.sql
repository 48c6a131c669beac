UPDATE {prefix}bookings SET revision = revision + 1, finished = $3::boolean, record = $4
WHERE account = $1 AND key = decode($2, 'hex') AND revision = $5::bigint
RETURNING 'written'
