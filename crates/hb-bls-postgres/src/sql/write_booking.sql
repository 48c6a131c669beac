UPDATE {prefix}bookings SET revision = revision + 1, finished = $3::boolean, record = $4, booking = nullif($5, '')::bigint
WHERE account = $1 AND key = decode($2, 'hex') AND revision = $6::bigint
RETURNING 'written'
