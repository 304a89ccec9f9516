-- What the shop holds at NOWPayments, coin by coin: what was read last, and every reading in which a coin was something else
-- than before.
CREATE TABLE balances (
    coin TEXT PRIMARY KEY,          -- lower case
    amount TEXT NOT NULL,           -- that can be paid out
    pending TEXT NOT NULL,          -- that is on its way
    worth TEXT,                     -- of both together; NULL where NOWPayments does not say it
    worth_currency TEXT
) STRICT;

CREATE TABLE balance_changes (
    coin TEXT NOT NULL,
    at TEXT NOT NULL,
    amount TEXT NOT NULL,
    pending TEXT NOT NULL,
    PRIMARY KEY (coin, at)
) STRICT, WITHOUT ROWID;
