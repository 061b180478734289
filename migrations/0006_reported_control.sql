-- What callers reported of their own limiters, and what the modelled control that follows them said.

-- All NULL if nothing was reported. Control's columns then hold the reported verdict, with the model's windows.
ALTER TABLE divergence ADD COLUMN reported_allowed INTEGER;
-- The caller's name of the window that refused; NULL if it was allowed or not told.
ALTER TABLE divergence ADD COLUMN reported_limited_by TEXT;
-- The process whose memory gave the verdict; NULL if not told.
ALTER TABLE divergence ADD COLUMN reported_instance TEXT;
-- The window by which the model would have limited; empty if it would have allowed.
ALTER TABLE divergence ADD COLUMN model_limited_by TEXT;

-- Requests with a report by minute and organization, compared with Redis or not.
CREATE TABLE reported (
    minute INTEGER NOT NULL,
    -- Empty for all organizations beyond the bound of one minute together.
    organization TEXT NOT NULL,
    -- Those that the model judged, and those of them in which it gave the reported verdict.
    compared INTEGER NOT NULL DEFAULT 0,
    agreed INTEGER NOT NULL DEFAULT 0,
    -- Refusals: by the report, by the model, by both.
    reported_limited INTEGER NOT NULL DEFAULT 0,
    model_limited INTEGER NOT NULL DEFAULT 0,
    both_limited INTEGER NOT NULL DEFAULT 0,
    -- Those on which the caller had acted already, and those in distributed_only, which are in no other column.
    final INTEGER NOT NULL DEFAULT 0,
    ignored INTEGER NOT NULL DEFAULT 0,
    -- Comparisons with Redis whose report held too little for a kind.
    uncompared_different_window INTEGER NOT NULL DEFAULT 0,
    uncompared_quota_drift INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (minute, organization)
) STRICT, WITHOUT ROWID;
