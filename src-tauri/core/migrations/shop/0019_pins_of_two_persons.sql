-- How often a PIN was wrong, and until when none is taken. What it is checked against is in the keychain.
CREATE TABLE pins (
    which TEXT PRIMARY KEY,
    set_at TEXT NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0,
    locked_until TEXT
) STRICT;
