SELECT encode(body, 'hex') FROM {prefix}events WHERE event_id = $1::uuid
