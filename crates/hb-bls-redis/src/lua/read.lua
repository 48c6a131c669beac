-- The time of the server, and the version and the text of a key.
local time = redis.call('TIME')
local stored = redis.call('HMGET', KEYS[1], 'version', 'text')
return {time[1], time[2], stored[1], stored[2]}
