-- The sliding log: checks every window of a policy and logs the accepted units, in one step.
--
-- KEYS[1]  the identity's log
-- ARGV[1]  the windows in the policy's order, each as limit and duration in milliseconds, big-endian, four bytes each
-- ARGV[2]  the cost in units, from 0 (look without consuming) to the smallest limit
-- ARGV[3]  the milliseconds that the key is kept after an acceptance: the longest duration, or more
-- ARGV[4]  the time to judge at, in milliseconds since the epoch; without it the server's clock
--
-- Replies with one string, big-endian: one byte (the place of the limiting window, 0: accepted; plus 128 if a value that
-- is not a sliding log was replaced, plus 64 if units ahead of a clock that stepped back were moved to now); as doubles
-- the time of the server or the caller, the time of the newest unit before (or the same, if that is later) and the
-- instant at which the limiting window stops to limit; then for every window four bytes each: the units used before this
-- decision, and the age of the unit that must leave for the remaining ones to grow.
--
-- The log is a header (base time as a double, the longest duration it was last written under) and four bytes a unit:
-- milliseconds since the base, big-endian, oldest first. Units at or before the newest minus the header's duration
-- count as pruned, so that a long log is written in place and rewritten only now and then. What is left of the last
-- 256 bytes of a log from 1 KB to 64 KB is filled with 255s, the room of units to come; a longer one grows at its end.

local HEADER, UNIT, MAXIMUM_OFFSET = 12, 4, 4278190079
-- No unit begins with a byte of 255, so that this is found only where the room begins, or up to three bytes before.
local ROOM = '\255\255\255\255'
-- From LONG bytes on a log has room. Below it, writing all of it costs about the same and no memory. From GROWING bytes
-- on writing all of it costs too much: it grows at its end. The longest log with room has 65,528 bytes.
local LONG, GROWING, BLOCK, ALLOCATION_OVERHEAD = 1024, 65532, 256, 8
-- Redis gives a string that grows as much again to spare, and from a MEGABYTE on that much. From UNGUIDED bytes on this is
-- little enough. STRING_OVERHEAD is what a string takes in addition to its bytes.
local MEGABYTE, UNGUIDED, STRING_OVERHEAD = 1048576, 3670016, 10
-- So many of the last bytes are read at once: all of a short log, and what the short windows of a long one hold.
local TAIL = 1024
-- A newest unit that is further ahead, in milliseconds, was logged before the clock stepped back.
local STEP = 10000
-- The base of a log moves by multiples of this: only the first two bits of its units change.
local QUARTER = 1073741824
-- The layout of a reply for four windows, and for sixteen, the most there are.
local FOUR = '>I1dddI4I4I4I4I4I4I4I4'
local REPLY = '>I1dddI4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4'

local redis, struct, arguments = redis, struct, ARGV
local call, unpack, pack = redis.call, struct.unpack, struct.pack
local key, windows, cost, kept, now = KEYS[1], arguments[1], arguments[2] + 0, arguments[3], arguments[4]
local passed = now
if passed then
    now = now + 0
else
    local time = call('TIME')
    now = time[1] * 1000 + time[2] / 1000
    now = now - now % 1
end

-- The unit at an index from `held` on is in `log` at `origin + index * UNIT`; `edge` is the offset of the first of them if
-- earlier ones are not. Times are offsets from the base. `lost` is the newest offset that counts as pruned.
local log, size, origin, held, edge, step, append, store
local base, duration, count, oldest, newest, lost, effective
local flags, stepped, ahead = 0, false, nil
repeat
    -- Places are strings where they are constant: Redis formats a number in each call.
    log = redis.pcall('GETRANGE', key, '-1024', '-1')
    size = #log
    if size == TAIL then
        size = call('STRLEN', key)
    elseif size == 0 and log ~= '' then
        -- A user of Redis with the rights that earlier releases asked for cannot read parts of a string.
        if not string.find(log.err, 'WRONGTYPE', 1, true) then log = redis.pcall('GET', key) or '' end
        if log.err then
            if not string.find(log.err, 'WRONGTYPE', 1, true) then return log end
            log, flags = '', 128
        end
        size = #log
    end

    origin, held, edge = HEADER + 1, 0, -1e18
    base, duration, count, oldest, newest, lost, effective = now, 0, 0, 0, 0, -1, 0
    if size > 0 then
        local head = log
        if size > #log then
            head = call('GETRANGE', key, '0', '15')
            origin = origin - size + TAIL
            if size - TAIL > HEADER then held = (size - TAIL - HEADER) / UNIT end
        end
        count, newest = (size - HEADER) / UNIT, 1e18
        if count >= 1 and count % 1 == 0 then
            if size >= LONG then
                local start = #log - BLOCK
                local room = string.find(log, ROOM, start, true)
                if room == start then
                    -- More room than this script leaves: it can begin anywhere.
                    if size > #log then log, origin, held = call('GETRANGE', key, '0', '-1'), HEADER + 1, 0 end
                    room = string.find(log, ROOM, origin, true)
                end
                if room then
                    count = (room - origin) / UNIT
                    if count % 1 > 0 then count = count - count % 1 + 1 end
                end
            end
            if count > 0 then
                base, duration, oldest = unpack('>dI4I4', head)
                newest = unpack('>I4', log, origin + (count - 1) * UNIT)
                lost = newest - duration
                effective = now - base
                if held > 0 then edge = unpack('>I4', log, origin + held * UNIT) end
            end
        end
        -- No release has written anything else than units in order after a base of whole milliseconds.
        if newest > MAXIMUM_OFFSET or oldest > newest or base % 1 ~= 0 or base < 0 or base > 281474976710656
        then
            flags, log, size, origin, held, edge = 128, '', 0, HEADER + 1, 0, -1e18
            base, duration, count, oldest, newest, lost, effective = now, 0, 0, 0, 0, -1, 0
        end
    end

    stepped = newest - effective > STEP
    if stepped or size + cost * UNIT >= GROWING then
        -- The memory for a string of so many bytes: a quarter, a half, three quarters or all of the way from a power of two
        -- to the next. Redis's allocator knows no sizes in between.
        step = function(bytes)
            if bytes > UNGUIDED - STRING_OVERHEAD then return UNGUIDED end
            local fraction, exponent = math.frexp(bytes + STRING_OVERHEAD)
            return math.ceil(fraction * 8) / 8 * 2 ^ exponent
        end
        -- Writes units of one time at the end of a string. A string of Lua takes a nanosecond for each of its bytes.
        append = function(target, position, unit, times)
            local most = times < 16384 and times or 16384
            local units = string.rep(unit, most)
            while times > 0 do
                if times < most then units = string.sub(units, 1, times * UNIT) end
                call('SETRANGE', target, position, units)
                position, times = position + #units, times - most
            end
        end
        -- Writes the log: a header, the units of `body`, and units of one time.
        store = function(header, body, unit, times)
            local length = HEADER + #body + times * UNIT
            if length < GROWING then
                body = header .. body .. string.rep(unit, times)
                if length >= LONG then body = body .. string.rep('\255', (-length - ALLOCATION_OVERHEAD) % BLOCK) end
                call('SET', key, body, 'PX', kept)
            else
                call('SET', key, header, 'PX', kept)
                local memory = step(length)
                if memory < UNGUIDED then
                    -- Redis makes room once, from here exactly as far as the memory reaches.
                    local grown = memory / 2 - STRING_OVERHEAD / 2
                    if grown >= MEGABYTE then grown = memory - STRING_OVERHEAD - MEGABYTE end
                    call('SETRANGE', key, grown - 1, '\0')
                end
                call('SETRANGE', key, HEADER, body)
                append(key, HEADER + #body, unit, times)
            end
        end
    end
    if stepped then
        -- The clock has stepped back. When the units ahead were accepted is not known, but not later than now: they move
        -- to now, so that they count for no longer than a window lasts, and no window ever holds too many.
        local function after(offset)
            local low, high = 0, count
            while low < high do
                local middle = low + high
                middle = (middle - middle % 2) / 2
                local unit
                if middle >= held then
                    unit = unpack('>I4', log, origin + middle * UNIT)
                else
                    local start = HEADER + middle * UNIT
                    unit = unpack('>I4', call('GETRANGE', key, start, start + UNIT - 1))
                end
                if unit > offset then high = middle else low = middle + 1 end
            end
            return low
        end
        ahead = base + newest
        local first, last = after(lost), after(effective)
        if last > first then
            local body
            if held > 0 then
                body = call('GETRANGE', key, HEADER + first * UNIT, HEADER + last * UNIT - 1)
            else
                body = string.sub(log, origin + first * UNIT, origin + last * UNIT - 1)
            end
            store(pack('>dI4', base, duration), body, pack('>I4', effective), count - last)
        else
            store(pack('>dI4', now, duration), '', '\0\0\0\0', count - first)
        end
        flags = 64
    end
until not stepped
if effective < newest then effective = newest end

local find
if held > 0 then
    -- Searches a window that begins before the bytes read: how many units are at or before the cut, the one after them,
    -- and the one at the place `blocking` unless it is at or before the cut.
    find = function(cut, blocking)
        local function at(index)
            if index >= held then return unpack('>I4', log, origin + index * UNIT) end
            local start = HEADER + index * UNIT
            return unpack('>I4', call('GETRANGE', key, start, start + UNIT - 1))
        end
        if oldest > cut then return 0, oldest, blocking >= 0 and at(blocking), at end
        -- The unit at `low` is at or before the cut, the one at `high` is after it.
        local low, before, high, leaving, left, turn = 0, oldest, held, edge, nil, 0
        while high - low > 1 do
            -- Most often the window is full, and begins next to that unit. Else the units are taken to be even in time.
            -- From the fourth turn on every second one halves, so that no traffic can make the search long.
            local guess
            if turn == 0 and blocking > low and blocking < high then
                guess = blocking
            elseif turn > 2 and turn % 2 == 1 then
                guess = (low + high) / 2
            else
                guess = low + (high - low) * (cut - before) / (leaving - before)
            end
            turn = turn + 1
            guess = guess - guess % 1
            local from, to = guess - 63, guess + 64
            if from <= low then from = low + 1 end
            if to >= high then to = high - 1 end
            local start = HEADER + from * UNIT
            local piece = call('GETRANGE', key, start, HEADER + to * UNIT + UNIT - 1)
            start = 1 - from * UNIT
            if blocking >= from and blocking <= to then left = unpack('>I4', piece, start + blocking * UNIT) end
            local first, last = unpack('>I4', piece), unpack('>I4', piece, start + to * UNIT)
            if first > cut then
                high, leaving = from, first
            elseif last <= cut then
                low, before = to, last
            else
                low, high, leaving = from, to, last
                while high - low > 1 do
                    local middle = low + high
                    middle = (middle - middle % 2) / 2
                    local unit = unpack('>I4', piece, start + middle * UNIT)
                    if unit > cut then high, leaving = middle, unit else low = middle end
                end
            end
        end
        if blocking >= high and not left then left = at(blocking) end
        return high, leaving, left, at
    end
end

local reply = {flags, now, ahead or base + effective, 0, 0, 0, 0, 0, 0, 0, 0, 0}
local longest, pruned, place, latest, final, slot = 0, count, 0, 0, count - 1 + cost, 5
for start = 1, #windows, 8 do
    local limit, length = unpack('>I4I4', windows, start)
    local cut = effective - length
    if cut < lost then cut = lost end
    -- `first` counts the units at or before the cut; `leaving` is the one after them.
    local first, leaving = count, effective
    if newest > cut then
        -- The request fits when this unit has left, or when there is none at this place.
        local blocking, left, at = final - limit, 0, nil
        if edge > cut then
            first, leaving, left, at = find(cut, blocking)
        else
            if blocking >= held then left = unpack('>I4', log, origin + blocking * UNIT) end
            first, leaving = 0, oldest
            if oldest <= cut then
                local low, high = held + 1, count - 1
                leaving = newest
                if blocking > held and blocking < high then
                    if left <= cut then
                        low = blocking + 1
                    else
                        high, leaving = blocking, left
                        -- A window holds no more than its limit, unless that was lowered.
                        local full = blocking - cost
                        if full > held and unpack('>I4', log, origin + full * UNIT) <= cut then low = full + 1 end
                    end
                end
                while low < high do
                    local middle = low + high
                    middle = (middle - middle % 2) / 2
                    local unit = unpack('>I4', log, origin + middle * UNIT)
                    if unit <= cut then low = middle + 1 else high, leaving = middle, unit end
                end
                first = low
            end
        end
        if blocking >= first then
            if left + length > latest then place, latest = (start + 7) / 8, left + length end
            -- A lowered limit is overdrawn: the remaining units grow only once the excess has left.
            local excess = count - limit
            if excess > first then leaving = at and at(excess) or unpack('>I4', log, origin + excess * UNIT) end
        end
    end
    if length > longest then longest, pruned = length, first end
    reply[slot], reply[slot + 1] = count - first, effective - leaving
    slot = slot + 2
end

if place > 0 then
    reply[1], reply[4] = flags + place, base + latest
elseif cost > 0 then
    -- Where the clock has stepped back a little the newest unit leaves later than a whole duration from now.
    if not passed and base + effective > now then kept = kept + (base + effective - now) end
    local unit, stop = pack('>I4', effective), HEADER + count * UNIT
    local isInOrder = duration == longest and effective <= MAXIMUM_OFFSET and pruned < count
    if isInOrder
        and (stop + cost * UNIT <= size and size - stop <= BLOCK
            or size >= GROWING and pruned * 5 < count and step(stop) == step(stop + cost * UNIT))
    then
        if append then append(key, stop, unit, cost) else call('SETRANGE', key, stop, string.rep(unit, cost)) end
        call('PEXPIRE', key, kept)
    else
        local header, body, moved, renumbered
        if pruned == count then
            header, unit = pack('>dI4', base + effective, longest), '\0\0\0\0'
            body = ''
        elseif isInOrder and pruned == 0 and stop == #log and not store then
            header, body = log, ''
        else
            if held == 0 then
                body = string.sub(log, origin + pruned * UNIT, origin + count * UNIT - 1)
            else
                body = call('GETRANGE', key, HEADER + pruned * UNIT, stop - 1)
            end
            if effective > MAXIMUM_OFFSET then
                -- No window is longer than thirty days: the oldest unit kept is far enough from the base.
                moved = unpack('>I4', body)
                moved = moved - moved % QUARTER
                base, unit = base + moved, pack('>I4', effective - moved)
                renumbered = function()
                    local parts = {}
                    for place = 1, #body, 100 * UNIT do
                        local number = (#body + 1 - place) / UNIT
                        if number > 100 then number = 100 end
                        local layout = '>' .. string.rep('I4', number)
                        local offsets = {unpack(layout, body, place)}
                        for index = 1, number do offsets[index] = offsets[index] - moved end
                        parts[#parts + 1] = pack(layout, _G.unpack(offsets, 1, number))
                    end
                    return table.concat(parts)
                end
                if not store then body = renumbered() end
            end
            header = pack('>dI4', base, longest)
        end
        if not store then
            if cost > 1 then unit = string.rep(unit, cost) end
            log = header .. body .. unit
            size = #log
            if size >= LONG then
                log = log .. string.rep('\255', (-size - ALLOCATION_OVERHEAD) % BLOCK)
            end
            call('SET', key, log, 'PX', kept)
        else
            store(header, body, unit, cost)
            if moved then
                -- One by one a million units take a second. Redis changes the first two bits of all of them at once, by
                -- the bits of another string.
                local bits, quarters, first, total = key .. ':bits', moved / QUARTER, 0, #body / UNIT
                local changed = redis.pcall('SET', bits, string.rep('\0', HEADER), 'PX', '1000')
                if not changed.err then
                    for quarter = quarters, 3 do
                        local low, high = first, total
                        while low < high do
                            local middle = low + high
                            middle = (middle - middle % 2) / 2
                            local offset = unpack('>I4', body, 1 + middle * UNIT)
                            if offset >= (quarter + 1) * QUARTER then high = middle else low = middle + 1 end
                        end
                        local change = bit.bxor(quarter, quarter - quarters) * 64
                        append(bits, HEADER + first * UNIT, string.char(change, 0, 0, 0), low - first)
                        first = low
                    end
                    changed = redis.pcall('BITOP', 'XOR', key, key, bits)
                    call('DEL', bits)
                end
                if type(changed) == 'number' then
                    call('PEXPIRE', key, kept)
                else
                    -- The user of Redis does not have the right to it.
                    store(header, renumbered(), unit, cost)
                end
            end
        end
    end
elseif flags == 128 then
    -- Looking replaces nothing.
    reply[1] = 0
end
-- Four letters for every eight bytes of windows. Most policies have four windows.
local layout = FOUR
if #windows ~= 32 then layout = string.sub(REPLY, 1, 6 + #windows / 2) end
return pack(layout, _G.unpack(reply))
