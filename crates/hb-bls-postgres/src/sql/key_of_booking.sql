SELECT encode(key, 'hex') FROM {prefix}bookings WHERE account = $1 AND booking = $2::bigint LIMIT 1
