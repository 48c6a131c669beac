-- The keys of unfinished bookings, each followed by its record. KEYS: all records, and the unfinished ones.
local found = {}
for _, key in ipairs(redis.call('SMEMBERS', KEYS[2])) do
    found[#found + 1] = key
    found[#found + 1] = redis.call('HGET', KEYS[1], key) or ''
end
return found
