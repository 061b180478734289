-- The sliding log: checks every window of a policy and logs the accepted units, in one step.
--
-- KEYS[1]  the identity's log
-- ARGV[1]  the windows in the policy's order, each as limit and duration in milliseconds, big-endian, four bytes each
-- ARGV[2]  the cost in units, from 0 (look without consuming) to the smallest limit
-- ARGV[3]  the milliseconds that the key is kept after an acceptance: the longest duration, or more
-- ARGV[4]  the time to judge at, in milliseconds since the epoch; without it the server's clock
--
-- Replies with one string, big-endian: the place of the limiting window (one byte, 0: accepted), as doubles the time
-- of the server or the caller, the time judged at (never before the newest unit) and the instant at which the limiting
-- window stops to limit, then for every window four bytes each: the units used before this decision, and the age of
-- the unit that must leave for the remaining ones to grow.
--
-- The log is a header (base time as a double, the longest duration it was last written under) and four bytes a unit:
-- milliseconds since the base, big-endian, oldest first. Units at or before the newest minus the header's duration
-- count as pruned, so that a long log is written in place and rewritten only now and then. What is left of the last
-- 256 bytes of a long log is filled with 255s, the room of units to come.

local HEADER, UNIT, MAXIMUM_OFFSET = 12, 4, 4278190079
-- No unit begins with a byte of 255, so that this is found only where the room begins, or up to three bytes before.
local ROOM = '\255\255\255\255'
-- From this many bytes on a log has room. Below it, writing all of it costs about the same and no memory.
local LONG, BLOCK, ALLOCATION_OVERHEAD = 1024, 256, 8

local call, unpack, pack = redis.call, struct.unpack, struct.pack
local windows, cost, kept, now = ARGV[1], ARGV[2] + 0, ARGV[3], ARGV[4]
local passed = now
if passed then
    now = now + 0
else
    local time = call('TIME')
    local microseconds = time[2] + 0
    now = time[1] * 1000 + (microseconds - microseconds % 1000) / 1000
end

local log = call('GET', KEYS[1])
-- Times are offsets from the base. `lost` is the newest offset that counts as pruned.
local base, duration, count, oldest, newest, lost, effective = now, 0, 0, 0, 0, -1, 0
if log then
    count = (#log - HEADER) / UNIT
    if count < 1 or count % 1 ~= 0 then
        return redis.error_reply('ERR the value under the key is no sliding log')
    end
    if #log >= LONG then
        local room = string.find(log, ROOM, #log - BLOCK, true)
        if room then
            count = (room - HEADER - 1) / UNIT
            if count % 1 > 0 then count = count - count % 1 + 1 end
        end
    end
    base, duration, oldest = unpack('>dI4I4', log)
    newest = unpack('>I4', log, HEADER - 3 + count * UNIT)
    lost = newest - duration
    effective = now - base
    if effective < newest then effective = newest end
end

local reply = {0, now, base + effective, 0, 0, 0, 0, 0, 0, 0, 0, 0}
local longest, pruned, place, latest = 0, count, 0, 0
for window = 1, #windows / 8 do
    local limit, length = unpack('>I4I4', windows, window * 8 - 7)
    local cut = effective - length
    if cut < lost then cut = lost end
    -- `first` counts the units at or before the cut; `leaving` is the one after them.
    local first, leaving = count, effective
    if newest > cut then
        -- The request fits when this unit has left, or when there is none at this place.
        local blocking, left = count - 1 - limit + cost, 0
        if blocking >= 0 then left = unpack('>I4', log, HEADER + 1 + blocking * UNIT) end
        first, leaving = 0, oldest
        if oldest <= cut then
            local low, high = 1, count - 1
            leaving = newest
            if blocking > 0 and blocking < high then
                if left <= cut then low = blocking + 1 else high, leaving = blocking, left end
            end
            while low < high do
                local middle = low + high
                middle = (middle - middle % 2) / 2
                local unit = unpack('>I4', log, HEADER + 1 + middle * UNIT)
                if unit <= cut then low = middle + 1 else high, leaving = middle, unit end
            end
            first = low
        end
        if blocking >= first then
            if left + length > latest then place, latest = window, left + length end
            -- A lowered limit is overdrawn: the remaining units grow only once the excess has left.
            if count - limit > first then leaving = unpack('>I4', log, HEADER + 1 + (count - limit) * UNIT) end
        end
    end
    if length > longest then longest, pruned = length, first end
    reply[window * 2 + 3], reply[window * 2 + 4] = count - first, effective - leaving
end

if place > 0 then
    reply[1], reply[4] = place, base + latest
elseif cost > 0 then
    -- Where the clock has stepped back the newest unit leaves later than a whole duration from now.
    if not passed and base + effective > now then kept = kept + (base + effective - now) end
    local units = pack('>I4', effective)
    if cost > 1 then units = string.rep(units, cost) end
    if duration == longest and pruned < count and effective <= MAXIMUM_OFFSET
        and HEADER + count * UNIT + #units <= #log
    then
        call('SETRANGE', KEYS[1], HEADER + count * UNIT, units)
        call('PEXPIRE', KEYS[1], kept)
    else
        if pruned == count then
            log = pack('>dI4', base + effective, longest) .. string.rep('\0\0\0\0', cost)
        elseif effective > MAXIMUM_OFFSET then
            local moved = unpack('>I4', log, HEADER + 1 + pruned * UNIT)
            local parts = {pack('>dI4', base + moved, longest)}
            for index = pruned, count - 1 do
                parts[#parts + 1] = pack('>I4', unpack('>I4', log, HEADER + 1 + index * UNIT) - moved)
            end
            parts[#parts + 1] = string.rep(pack('>I4', effective - moved), cost)
            log = table.concat(parts)
        elseif pruned == 0 and duration == longest and #log == HEADER + count * UNIT then
            log = log .. units
        else
            log = pack('>dI4', base, longest)
                .. string.sub(log, HEADER + 1 + pruned * UNIT, HEADER + count * UNIT) .. units
        end
        if #log >= LONG then log = log .. string.rep('\255', (-#log - ALLOCATION_OVERHEAD) % BLOCK) end
        call('SET', KEYS[1], log, 'PX', kept)
    end
end
return pack('>I1ddd' .. string.rep('I4I4', #windows / 8), _G.unpack(reply))
