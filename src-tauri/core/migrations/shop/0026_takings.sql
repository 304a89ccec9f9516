-- What came in, day by day of the owner's clock, so that the overview sums days and not payments. A payment belongs to the day
-- on which it was made. Sums are exact decimal text, made anew from the payments of a day whenever one of them has changed.

-- The days that were summed, and between which times they lie; after a change of the time zone they lie elsewhere.
CREATE TABLE takings_known (
    day TEXT PRIMARY KEY,           -- YYYY-MM-DD
    begins TEXT NOT NULL,
    ends TEXT NOT NULL
) STRICT;

-- How many payments of a day have a status, and what they come to, by the currency of their prices.
CREATE TABLE takings_days (
    day TEXT NOT NULL REFERENCES takings_known (day) ON DELETE CASCADE,
    currency TEXT NOT NULL,         -- of the prices, lower case
    status TEXT NOT NULL,           -- lower case
    repeats INTEGER NOT NULL,       -- 1: they came to the address of an earlier payment, whose price they carry
    count INTEGER NOT NULL,
    price TEXT NOT NULL,
    worth TEXT NOT NULL,            -- what was paid, at the rate of then
    about INTEGER NOT NULL,         -- 1: a part of that worth is worked out
    PRIMARY KEY (day, currency, status, repeats)
) STRICT, WITHOUT ROWID;

-- The same of those with which something came, by coin.
CREATE TABLE takings_coins (
    day TEXT NOT NULL REFERENCES takings_known (day) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    coin TEXT NOT NULL,
    status TEXT NOT NULL,
    repeats INTEGER NOT NULL,
    count INTEGER NOT NULL,
    price TEXT NOT NULL,
    paid TEXT NOT NULL,             -- in the coin
    PRIMARY KEY (day, currency, coin, status, repeats)
) STRICT, WITHOUT ROWID;

-- What finished and underpaid payments brought into the shop's balance, after what NOWPayments took.
CREATE TABLE takings_outcomes (
    day TEXT NOT NULL REFERENCES takings_known (day) ON DELETE CASCADE,
    coin TEXT NOT NULL,
    count INTEGER NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (day, coin)
) STRICT, WITHOUT ROWID;

-- The hours in which payments were made that have changed since their day was summed: 2026-11-27T19, UTC.
CREATE TABLE takings_stale (
    hour TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO takings_stale (hour) SELECT DISTINCT substr(created_at, 1, 13) FROM payments;
