SELECT encode(key, 'hex'), revision::text, record FROM {prefix}bookings WHERE account = $1 AND NOT finished
