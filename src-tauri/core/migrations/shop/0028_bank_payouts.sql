-- Coins of the shop's balance that arrive as money in a bank account. They are asked for as moves are.
ALTER TABLE moves ADD COLUMN provider TEXT; -- the company that pays out, as the API calls it
ALTER TABLE moves ADD COLUMN method TEXT;   -- the kind of a new account, as the API calls it

CREATE TABLE fiat_payouts (
    id TEXT PRIMARY KEY,            -- the API's id
    provider TEXT NOT NULL,
    request_id TEXT,                -- what the company calls it
    status TEXT NOT NULL,           -- as the API writes it
    is_open INTEGER NOT NULL,       -- it can still change
    coin TEXT NOT NULL,             -- lower case
    amount TEXT,                    -- of the coin; NULL where the API does not say
    currency TEXT NOT NULL,         -- that arrives, lower case
    fiat_amount TEXT,               -- how much of it, once it is known
    method TEXT,                    -- the kind of the account
    account TEXT,                   -- its number, only the end of it
    error TEXT,                     -- why it failed, in the API's words
    created_at TEXT NOT NULL,       -- where the API does not say: when it was seen first
    dated INTEGER NOT NULL,         -- the API has said when it was made
    updated_at TEXT,
    changed_at TEXT NOT NULL        -- when the status was seen to change, by our clock
) STRICT;
CREATE INDEX fiat_payouts_newest ON fiat_payouts (created_at, id);
CREATE INDEX fiat_payouts_open ON fiat_payouts (id) WHERE is_open = 1;

-- The statuses in which one was seen.
CREATE TABLE fiat_payout_steps (
    payout TEXT NOT NULL REFERENCES fiat_payouts (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    at TEXT NOT NULL,               -- by the provider's clock
    PRIMARY KEY (payout, status)
) STRICT, WITHOUT ROWID;

-- The accounts that NOWPayments pays to. Lists of them have no ids.
CREATE TABLE fiat_accounts (
    id TEXT PRIMARY KEY,            -- ours: the hash of what tells one from another
    provider TEXT NOT NULL,
    currency TEXT NOT NULL,         -- lower case
    method TEXT,
    name TEXT,                      -- what the company calls it
    account TEXT,                   -- its number, only the end of it
    status TEXT,                    -- in the company's words
    created_at TEXT NOT NULL,
    dated INTEGER NOT NULL
) STRICT;
CREATE INDEX fiat_accounts_of_currency ON fiat_accounts (provider, currency);
