-- Moves of money inside the account, and what is asked of NOWPayments for custody: written before the call.
CREATE TABLE moves (
    id TEXT PRIMARY KEY,            -- ours, a UUID
    kind TEXT NOT NULL,             -- deposit, write_off, transfer, conversion; payment and user move nothing of the shop's
    list TEXT NOT NULL,             -- where it is looked for: transfers, conversions, payments, users
    state TEXT NOT NULL,            -- sending, made, refused, unknown, given_up
    from_user TEXT,                 -- the API's id of a user; NULL: the shop
    to_user TEXT,
    coin TEXT,                      -- lower case; NULL for a new user
    amount TEXT,
    to_coin TEXT,                   -- what a conversion goes into
    estimate TEXT,                  -- about how much of it, as it was shown
    name TEXT,                      -- that of a new user
    words TEXT NOT NULL,            -- what it does, as it was confirmed
    there_before TEXT NOT NULL,     -- JSON: the API's ids of those just like it that were there before the call
    sent_at TEXT NOT NULL,          -- when the call was announced, by the provider's clock
    at TEXT NOT NULL,               -- the same by ours
    made TEXT,                      -- the API's id, once it is known
    late INTEGER NOT NULL DEFAULT 0, -- it turned up after it was given up
    unclear INTEGER NOT NULL DEFAULT 0, -- there are several that it could be
    trouble TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    late_looks INTEGER NOT NULL DEFAULT 0 -- those of them long enough after the call to count
) STRICT;
CREATE UNIQUE INDEX moves_made ON moves (list, made) WHERE made IS NOT NULL;
CREATE INDEX moves_newest ON moves (at);
CREATE INDEX moves_open ON moves (list, state) WHERE state IN ('sending', 'unknown', 'given_up');

-- Users with balances of their own within the account.
CREATE TABLE custody_users (
    id TEXT PRIMARY KEY,            -- the API's id
    name TEXT NOT NULL,
    created_at TEXT,
    read_at TEXT,                   -- when the balances were read
    moved_at TEXT                   -- when something was last seen to change them
) STRICT;
CREATE INDEX custody_users_by_name ON custody_users (name COLLATE NOCASE, id);

CREATE TABLE custody_balances (
    user TEXT NOT NULL REFERENCES custody_users (id),
    coin TEXT NOT NULL,
    amount TEXT NOT NULL,
    pending TEXT NOT NULL,
    PRIMARY KEY (user, coin)
) STRICT, WITHOUT ROWID;

-- Between two users, or a user and the shop, which has an id of the same kind.
CREATE TABLE custody_transfers (
    id TEXT PRIMARY KEY,            -- the API's id
    from_id TEXT NOT NULL,
    to_id TEXT NOT NULL,
    status TEXT NOT NULL,           -- as the API writes it
    is_open INTEGER NOT NULL,       -- it can still change
    coin TEXT NOT NULL,
    amount TEXT NOT NULL,
    created_at TEXT NOT NULL,       -- where the API does not say: when it was seen first
    dated INTEGER NOT NULL,         -- the API has said when it was made
    updated_at TEXT,
    changed_at TEXT NOT NULL        -- when the status was seen to change, by our clock
) STRICT;
CREATE INDEX custody_transfers_newest ON custody_transfers (created_at, id);
CREATE INDEX custody_transfers_from ON custody_transfers (from_id, created_at, id);
CREATE INDEX custody_transfers_to ON custody_transfers (to_id, created_at, id);
CREATE INDEX custody_transfers_open ON custody_transfers (id) WHERE is_open = 1;

-- Payments by which somebody pays into a user's balance.
CREATE TABLE custody_payments (
    id TEXT PRIMARY KEY,            -- the API's id
    user TEXT NOT NULL,
    status TEXT NOT NULL,           -- as the API writes it
    is_open INTEGER NOT NULL,
    coin TEXT NOT NULL,
    amount TEXT NOT NULL,           -- what the user's balance is to get
    pay_amount TEXT,                -- what is to be paid
    actually_paid TEXT,
    outcome_coin TEXT,
    outcome_amount TEXT,            -- what came of it
    pay_address TEXT,
    memo TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX custody_payments_of_user ON custody_payments (user, created_at, id);
CREATE INDEX custody_payments_open ON custody_payments (id) WHERE is_open = 1;

-- One coin of the shop's balance into another.
CREATE TABLE conversions (
    id TEXT PRIMARY KEY,            -- the API's id
    status TEXT NOT NULL,           -- as the API writes it
    is_open INTEGER NOT NULL,
    from_coin TEXT NOT NULL,
    to_coin TEXT NOT NULL,
    from_amount TEXT NOT NULL,
    to_amount TEXT,
    created_at TEXT NOT NULL,
    dated INTEGER NOT NULL,
    updated_at TEXT,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX conversions_newest ON conversions (created_at, id);
CREATE INDEX conversions_open ON conversions (id) WHERE is_open = 1;
