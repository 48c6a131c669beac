-- Replaces the record of a booking. KEYS: all records, the unfinished ones, and the keys of bookings. ARGV: key, its revision,
-- the next revision, the record, whether it is finished, and the id of the booking if it is made. A record is stored after
-- its revision and a space.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local revision = stored and string.match(stored, '^%d+') or '0'
if revision ~= ARGV[2] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. ARGV[4])
if ARGV[5] == '1' then
    redis.call('SREM', KEYS[2], ARGV[1])
else
    redis.call('SADD', KEYS[2], ARGV[1])
end
if ARGV[6] ~= '' then
    redis.call('HSET', KEYS[3], ARGV[6], ARGV[1])
end
return 1
