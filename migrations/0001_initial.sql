-- The first schema. Files of this folder are applied in order and never change once released: write a new one instead.
--
-- Times are milliseconds since the Unix epoch; other units stand in the column's name. Words such as kinds, causes,
-- reasons and triggers are the raw values of the Swift enumerations, which never change.

-- Which files have been applied, with the SHA-256 of their text in lower-case hexadecimal.
CREATE TABLE schema_migration (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

-- One row for every start of every process that wrote here. The time from started_at to last_flush_at is what its
-- records cover.
CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    last_flush_at INTEGER NOT NULL,
    UNIQUE (name, started_at)
) STRICT;

-- The windows behind a policy's fingerprint (its 64 bits as a signed number), as a JSON array of
-- {"name", "limit", "durationMilliseconds"}.
CREATE TABLE policy (
    fingerprint INTEGER PRIMARY KEY,
    windows TEXT NOT NULL
) STRICT;

-- Exact counts. The sum of requests over all rows, with the dropped comparisons, is the number of requests that both
-- sides were asked about.
CREATE TABLE total (
    -- The start of the minute.
    minute INTEGER NOT NULL,
    -- agreed, diverged or incomparable.
    outcome TEXT NOT NULL,
    -- The kind of a divergence, the reason why incomparable, or empty.
    detail TEXT NOT NULL,
    -- The cause of a divergence, or empty.
    cause TEXT NOT NULL,
    -- Empty for all organizations beyond the bound of one minute together: no real organization is empty.
    organization TEXT NOT NULL,
    requests INTEGER NOT NULL,
    -- Those of the requests that have a row in divergence, or had until it was pruned.
    stored INTEGER NOT NULL,
    control_allowed INTEGER NOT NULL,
    control_limited INTEGER NOT NULL,
    candidate_allowed INTEGER NOT NULL,
    candidate_limited INTEGER NOT NULL,
    -- In this order a report over all organizations sums without sorting.
    PRIMARY KEY (minute, outcome, detail, cause, organization)
) STRICT, WITHOUT ROWID;

-- What was not recorded, and why.
CREATE TABLE dropped (
    minute INTEGER NOT NULL,
    -- comparison: it is in no other figure. row: it is in total, and only its row in divergence is missing.
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (minute, subject, reason)
) STRICT, WITHOUT ROWID;

-- Single divergences.
CREATE TABLE divergence (
    id INTEGER PRIMARY KEY,
    -- The id in instance. No foreign key: the check would cost every insert.
    instance INTEGER NOT NULL,
    time INTEGER NOT NULL,
    organization TEXT NOT NULL,
    identifier TEXT NOT NULL,
    cost INTEGER NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    -- The side whose verdict the caller got: control or candidate.
    enforced TEXT NOT NULL,
    -- The fingerprint in policy.
    policy INTEGER NOT NULL,
    -- The window that limited; NULL where allowed.
    control_limited_by TEXT,
    -- Units in each window after the decision, in the policy's order, with commas between them.
    control_used TEXT NOT NULL,
    control_retry_after_ms INTEGER NOT NULL,
    -- On the side's own clock.
    control_judged_at INTEGER,
    control_duration_us INTEGER NOT NULL,
    candidate_limited_by TEXT,
    candidate_used TEXT NOT NULL,
    candidate_retry_after_ms INTEGER NOT NULL,
    candidate_judged_at INTEGER,
    candidate_duration_us INTEGER NOT NULL,
    -- The evidence that the cause was found from. Units as in control_used; NULL where not known.
    own_units TEXT,
    clock_offset_ms INTEGER,
    control_remembers_since INTEGER,
    control_evicted_at INTEGER,
    control_algorithm TEXT NOT NULL,
    -- The policy that control was held to, where it was another.
    control_policy INTEGER,
    -- Whole spans of four hours since the Unix epoch.
    span INTEGER GENERATED ALWAYS AS (time / 14400000) VIRTUAL
) STRICT;

-- Newest first, and retention.
CREATE INDEX divergence_time ON divergence (time);
-- The most affected identities, and lists of one organization, kind or cause, from the index alone. The span comes first
-- so that what is inserted together lies together: with the identity first, every insert would write a page of its own.
CREATE INDEX divergence_identity ON divergence (span, organization, identifier, kind, cause, time);

-- Every change of the flag file. Each row's hash covers the row and the hash of the row before it.
CREATE TABLE flag_history (
    -- 1, 2, 3 ... without gaps.
    sequence INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- The flags' values as JSON; from_values is NULL for the first file ever seen.
    from_values TEXT,
    to_values TEXT NOT NULL,
    -- SHA-256 in lower-case hexadecimal: of the file's content, of the row before (64 zeros for the first), of this row.
    content_hash TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- Every verdict of every trigger.
CREATE TABLE evaluation (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    trigger_name TEXT NOT NULL,
    state TEXT NOT NULL,
    -- A JSON object of numbers by name.
    figures TEXT NOT NULL,
    sentence TEXT NOT NULL
) STRICT;
CREATE INDEX evaluation_time ON evaluation (time);

-- What firing triggers did, each with its whole evidence, since evaluations are pruned and these are not.
CREATE TABLE rollback_event (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    trigger_name TEXT NOT NULL,
    state TEXT NOT NULL,
    figures TEXT NOT NULL,
    sentence TEXT NOT NULL,
    is_dry_run INTEGER NOT NULL,
    flags_before TEXT NOT NULL,
    flags_after TEXT NOT NULL,
    -- All three NULL until a named person has acknowledged.
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    acknowledgement_reason TEXT
) STRICT;

-- What the rollback evaluator must remember across restarts: latches, baselines.
CREATE TABLE rollback_state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
