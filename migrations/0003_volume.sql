-- How much each side let through, and more of what causes are found from.

-- Units accepted, as the requests in the columns of the same names.
ALTER TABLE total ADD COLUMN control_units INTEGER NOT NULL DEFAULT 0;
ALTER TABLE total ADD COLUMN candidate_units INTEGER NOT NULL DEFAULT 0;

-- Units that one side alone accepted, by minute and identity: what is not here, both accepted or neither. The differences
-- of longer windows are sums of minutes, over the databases of all instances.
CREATE TABLE volume (
    minute INTEGER NOT NULL,
    -- Both empty for all identities beyond the bound of one minute together.
    organization TEXT NOT NULL,
    identifier TEXT NOT NULL,
    -- The fingerprint in policy.
    policy INTEGER NOT NULL,
    -- Divergences whose verdict differed.
    requests INTEGER NOT NULL,
    -- Seconds of the minute that hold any.
    seconds INTEGER NOT NULL,
    control_only_units INTEGER NOT NULL,
    candidate_only_units INTEGER NOT NULL,
    PRIMARY KEY (minute, organization, identifier, policy)
) STRICT, WITHOUT ROWID;

-- What a second control, asked when the candidate had answered, made of the same requests: the disagreement that two equal
-- limiters have here.
CREATE TABLE noise (
    minute INTEGER PRIMARY KEY,
    compared INTEGER NOT NULL,
    diverged INTEGER NOT NULL
) STRICT;

-- Units as in own_units; NULL where there are none.
ALTER TABLE divergence ADD COLUMN lost_units TEXT;
ALTER TABLE divergence ADD COLUMN control_only_units TEXT;
ALTER TABLE divergence ADD COLUMN candidate_only_units TEXT;
-- 1 where Redis was seen to hold units that the instance did not send.
ALTER TABLE divergence ADD COLUMN others_seen INTEGER NOT NULL DEFAULT 0;
-- Since when the candidate was asked about every request; NULL where always.
ALTER TABLE divergence ADD COLUMN candidate_asked_since INTEGER;
-- The window by which the instance's own units alone would have limited; empty where none, NULL where not asked.
ALTER TABLE divergence ADD COLUMN own_limited_by TEXT;
