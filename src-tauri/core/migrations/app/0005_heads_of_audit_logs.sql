-- How far the audit log of each shop was written, in another file than the log: one that was cut off or written anew is noticed.
CREATE TABLE audit_heads (
    shop TEXT PRIMARY KEY REFERENCES shops (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,    -- of the last entry; 0: there is none
    hash TEXT NOT NULL,         -- its hash
    trouble TEXT CHECK (trouble IN ('shorter', 'other', 'lost')),   -- what was wrong with the log when that was noticed first
    noted INTEGER NOT NULL DEFAULT 0                                -- how many entries were known of then
) STRICT;
