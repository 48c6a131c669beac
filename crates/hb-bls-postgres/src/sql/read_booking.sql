SELECT revision::text, record FROM {prefix}bookings WHERE account = $1 AND key = decode($2, 'hex')
