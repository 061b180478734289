-- What reviewers said about groups of divergences. Rows are only added: the newest of a group holds.
CREATE TABLE settlement (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    -- NULL for every organization.
    organization TEXT,
    -- expected, accepted or bug.
    judgement TEXT NOT NULL,
    settled_by TEXT NOT NULL,
    note TEXT NOT NULL,
    -- The group's divergences, and the compared requests of the same organization or of all, when it was settled. When their
    -- share has doubled, the word holds no more.
    divergences INTEGER NOT NULL,
    compared INTEGER NOT NULL
) STRICT;

CREATE TRIGGER settlement_is_not_changed BEFORE UPDATE ON settlement
BEGIN
    SELECT RAISE(ABORT, 'settlements are only added');
END;

CREATE TRIGGER settlement_is_not_deleted BEFORE DELETE ON settlement
BEGIN
    SELECT RAISE(ABORT, 'settlements are only added');
END;
