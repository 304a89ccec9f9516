-- What one shop knows of its account at NOWPayments. Times are RFC 3339 in UTC with milliseconds, so that
-- they sort as text; amounts are exact decimal text, with a key beside them where they are sorted by.

-- The last answer of GET /full-currencies, coin by coin.
CREATE TABLE coins (
    code TEXT PRIMARY KEY,          -- lower case
    position INTEGER NOT NULL,      -- as in the answer
    answer TEXT NOT NULL            -- the API's own JSON
) STRICT;

CREATE TABLE payments (
    number INTEGER PRIMARY KEY,     -- ours; ties the row to its words in payments_search
    id TEXT NOT NULL UNIQUE,        -- the API's
    status TEXT NOT NULL,           -- lower case
    price_amount TEXT NOT NULL,
    price_currency TEXT NOT NULL,
    pay_amount TEXT,
    actually_paid TEXT,
    pay_currency TEXT NOT NULL,
    pay_address TEXT,
    payin_extra_id TEXT,
    order_id TEXT,
    order_description TEXT,
    purchase_id TEXT,
    invoice_id TEXT,
    parent_payment_id TEXT,
    outcome_amount TEXT,
    outcome_currency TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    answer TEXT NOT NULL            -- the API's own JSON, for support
) STRICT;
CREATE INDEX payments_newest ON payments (created_at DESC, id DESC);
CREATE INDEX payments_newest_by_status ON payments (status, created_at DESC, id DESC);

-- How many payments have a status, so that no screen counts a million rows.
CREATE TABLE payment_counts (
    status TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
CREATE TRIGGER payments_counted_in AFTER INSERT ON payments BEGIN
    INSERT INTO payment_counts (status, count) VALUES (new.status, 1)
    ON CONFLICT (status) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER payments_counted_over AFTER UPDATE OF status ON payments WHEN new.status <> old.status BEGIN
    UPDATE payment_counts SET count = count - 1 WHERE status = old.status;
    INSERT INTO payment_counts (status, count) VALUES (new.status, 1)
    ON CONFLICT (status) DO UPDATE SET count = count + 1;
END;

-- Every status that we saw: the timeline.
CREATE TABLE payment_events (
    payment INTEGER NOT NULL REFERENCES payments (number),
    number INTEGER NOT NULL,        -- in the order in which we saw them
    at TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (payment, number)
) STRICT, WITHOUT ROWID;

-- The words of a payment, under its number.
CREATE VIRTUAL TABLE payments_search USING fts5 (
    id, order_id, order_description, pay_address, purchase_id, pay_currency,
    content = '', contentless_delete = 1, tokenize = 'unicode61', prefix = '2 3'
);

-- Where the sync stands: history page, last success and the like.
CREATE TABLE sync_marks (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE payout_batches (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    records INTEGER NOT NULL,
    header INTEGER NOT NULL,
    blank INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    -- Counted anew with every change of rows, so that no list has to read them.
    payable INTEGER NOT NULL DEFAULT 0,
    bad INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    paid INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    rows_hash TEXT NOT NULL DEFAULT '',  -- of the payable rows; they do not change once the batch is locked
    checked_at TEXT,                -- when the last check against the shop began, by the provider's clock
    submitted_at TEXT,              -- when the call that creates the batch was announced, by the provider's clock
    provider_id TEXT UNIQUE,
    approval TEXT UNIQUE,           -- NULL: nothing to approve, or the provider's rows are not ours
    expires_at TEXT,                -- by the provider's clock
    attempts_left INTEGER NOT NULL DEFAULT 0,
    trouble TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    late_looks INTEGER NOT NULL DEFAULT 0,  -- those of them long enough after the call to count for a release
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- The log of steps. A step is written and synced before the call that it announces.
CREATE TABLE payout_steps (
    batch TEXT NOT NULL REFERENCES payout_batches (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

-- What a batch pays per coin, and what the check found about it.
CREATE TABLE payout_coins (
    batch TEXT NOT NULL REFERENCES payout_batches (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    rows INTEGER NOT NULL,
    amount TEXT NOT NULL,
    fee TEXT,                       -- the estimate for all rows of the coin
    balance TEXT,
    worth TEXT,                     -- of `worth_of`, in `worth_currency`
    worth_of TEXT,
    worth_currency TEXT,
    explorer TEXT,                  -- a transaction's hash is appended
    PRIMARY KEY (batch, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE payout_rows (
    batch TEXT NOT NULL REFERENCES payout_batches (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    address TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    extra_id TEXT,
    description TEXT,
    external_id TEXT,
    notes TEXT NOT NULL,            -- JSON: the file's other columns
    raw TEXT,                       -- the record of the file as it stood, for a row that was refused
    problems TEXT NOT NULL,         -- JSON: what the importer refused, [] for a good row
    warnings TEXT NOT NULL,         -- JSON: what the importer found unusual
    found_problems TEXT NOT NULL DEFAULT '[]',  -- JSON: what the check against the shop refused
    found_warnings TEXT NOT NULL DEFAULT '[]',  -- JSON: what it found unusual
    address_checked INTEGER NOT NULL DEFAULT 0,
    fee_estimate TEXT,
    removed_at TEXT,
    status TEXT NOT NULL,
    unique_external_id TEXT UNIQUE, -- our UUID, written before the row is sent
    provider_id TEXT,
    provider_status TEXT,
    hash TEXT,
    fee TEXT,
    error TEXT,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX payout_rows_recipient ON payout_rows (address, currency, amount);

-- Every UUID that was ever given to a row before a call. Kept when the row gets a new one or its batch is discarded:
-- a call whose end was not known may still turn up at the provider.
CREATE TABLE payout_sent_ids (
    unique_external_id TEXT PRIMARY KEY,
    batch TEXT NOT NULL,
    number INTEGER NOT NULL,
    rows_hash TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX payout_sent_ids_batch ON payout_sent_ids (batch, rows_hash);

-- One line: how codes are given. The sealed secret itself is in the keychain.
CREATE TABLE second_factor (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    enrolled_at TEXT,
    short_secret INTEGER NOT NULL DEFAULT 0,
    wrong_pins INTEGER NOT NULL DEFAULT 0,
    locked_until TEXT,
    last_step INTEGER               -- the last 30-second step whose code was used: a code works once
) STRICT;

-- Decided on, each key once; told once.
CREATE TABLE notifications (
    key TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    batch TEXT,
    payment TEXT,
    at TEXT NOT NULL,
    told_at TEXT
) STRICT;
