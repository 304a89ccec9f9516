-- What the next file of payouts must add up to, as JSON: one row at the most.
CREATE TABLE payout_next_control (
    one INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    control TEXT NOT NULL
) STRICT;
