-- The sliding log: checks every window of a policy and logs the accepted units, in one step.
--
-- KEYS[1]  the identity's log
-- ARGV[1]  the windows in the policy's order, each as limit and duration in milliseconds, big-endian, four bytes each
-- ARGV[2]  the cost in units, from 0 (look without consuming) to the smallest limit
-- ARGV[3]  the time to judge at, in milliseconds since the epoch; without it the server's clock
--
-- Replies with integers: the place of the limiting window (0: accepted), the milliseconds to wait, the time judged at,
-- then for every window the units used and the instant at which the remaining units grow.
--
-- The log is a header (base time as a double, the longest duration it was last written under) and four bytes a unit:
-- milliseconds since the base, big-endian, oldest first. Units at or before the newest minus the header's duration
-- count as pruned, so that a long log can be appended to and rewritten only now and then.

local HEADER, MAXIMUM_OFFSET = 12, 4294967295
-- Below this many bytes one SET with its expiry costs less than APPEND and PEXPIRE.
local REWRITTEN_BELOW = 1024
-- A passed time says nothing about the server's clock: the key stays a day beyond the longest window, long enough for
-- any replay, and no verdict depends on it.
local KEPT_FOR_PASSED_TIME = 86400000

local unpack, pack = struct.unpack, struct.pack
local windows, cost, now = ARGV[1], ARGV[2] + 0, ARGV[3]
local passed = now
if passed then
    now = now + 0
else
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local log = redis.call('GET', KEYS[1])
-- Times are offsets from the base. `lost` is the newest offset that counts as pruned.
local base, duration, count, oldest, newest, lost, effective = now, 0, 0, 0, 0, -1, 0
if log then
    count = (#log - HEADER) / 4
    if count < 1 or count % 1 ~= 0 then
        return redis.error_reply('ERR the value under the key is no sliding log')
    end
    base, duration, oldest = unpack('>dI4I4', log)
    newest = unpack('>I4', log, #log - 3)
    lost = newest - duration
    effective = now - base
    if effective < newest then effective = newest end
end

local reply = {0, 0, now}
local longest, pruned, place, latest = 0, count, 0, 0
for window = 1, #windows / 8 do
    local limit, length = unpack('>I4I4', windows, window * 8 - 7)
    local cut = effective - length
    if cut < lost then cut = lost end
    -- The number of units at or before the cut.
    local first = 0
    if newest <= cut then
        first = count
    elseif oldest <= cut then
        local high = count - 1
        first = 1
        while first < high do
            local middle = (first + high) / 2
            middle = middle - middle % 1
            if unpack('>I4', log, HEADER + 1 + middle * 4) <= cut then first = middle + 1 else high = middle end
        end
    end
    local used = count - first
    if length > longest then longest, pruned = length, first end
    if used > limit - cost then
        local leaves = unpack('>I4', log, HEADER + 1 + (count - 1 - limit + cost) * 4) + length
        if leaves > latest then place, latest = window, leaves end
    end
    local at = window * 2 + 2
    reply[at] = used
    if used == 0 then
        reply[at + 1] = base + effective
    else
        if used > limit then first = first + used - limit end
        reply[at + 1] = base + unpack('>I4', log, HEADER + 1 + first * 4) + length
    end
end

if place > 0 then
    reply[1], reply[2] = place, base + latest - now
    return reply
end
if cost == 0 then return reply end

for window = 1, #windows / 8 do
    local at = window * 2 + 2
    if reply[at] == 0 then
        local _, length = unpack('>I4I4', windows, window * 8 - 7)
        reply[at + 1] = base + effective + length
    end
    reply[at] = reply[at] + cost
end

local kept = passed and KEPT_FOR_PASSED_TIME + longest or base + effective + longest - now
if pruned == count then
    log = pack('>dI4', base + effective, longest) .. string.rep('\0\0\0\0', cost)
elseif effective > MAXIMUM_OFFSET then
    local moved = unpack('>I4', log, HEADER + 1 + pruned * 4)
    local units = {pack('>dI4', base + moved, longest)}
    for index = pruned, count - 1 do
        units[#units + 1] = pack('>I4', unpack('>I4', log, HEADER + 1 + index * 4) - moved)
    end
    units[#units + 1] = string.rep(pack('>I4', effective - moved), cost)
    log = table.concat(units)
else
    local units = pack('>I4', effective)
    if cost > 1 then units = string.rep(units, cost) end
    if duration == longest and #log >= REWRITTEN_BELOW and pruned * 4 <= count then
        redis.call('APPEND', KEYS[1], units)
        redis.call('PEXPIRE', KEYS[1], kept)
        return reply
    end
    if pruned == 0 and duration == longest then
        log = log .. units
    else
        log = pack('>dI4', base, longest) .. string.sub(log, HEADER + 1 + pruned * 4) .. units
    end
end
redis.call('SET', KEYS[1], log, 'PX', kept)
return reply
