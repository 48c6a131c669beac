DELETE FROM {prefix}inbox WHERE event_id = $1::uuid AND claim = $2::bigint
