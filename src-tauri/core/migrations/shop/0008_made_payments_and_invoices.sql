-- Payments and invoices that are made here. What is asked of NOWPayments is written before the call.

CREATE TABLE made_payments (
    id TEXT PRIMARY KEY,            -- ours, a UUID
    state TEXT NOT NULL,            -- sending, made, refused, unknown, given_up
    invoice TEXT,                   -- the API's id of the invoice that it pays
    price_amount TEXT NOT NULL,
    price_currency TEXT NOT NULL,
    pay_currency TEXT NOT NULL,
    order_id TEXT,                  -- as it was sent
    given_order_id INTEGER NOT NULL, -- it is from Paydesk: the owner gave none
    order_description TEXT,
    purchase_id TEXT,
    terms TEXT NOT NULL,            -- JSON: whose fees, which rate
    sent_at TEXT NOT NULL,          -- when the call was announced, by the provider's clock
    at TEXT NOT NULL,               -- the same by ours
    payment TEXT UNIQUE,            -- the API's id, once it is known
    trouble TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    late_looks INTEGER NOT NULL DEFAULT 0  -- those of them long enough after the call to count
) STRICT;
CREATE INDEX made_payments_newest ON made_payments (at);
CREATE INDEX made_payments_open ON made_payments (state) WHERE state IN ('sending', 'unknown');

-- Until when the amount in the coin holds, where an answer said so. Lists do not.
CREATE TABLE payment_rates (
    payment TEXT PRIMARY KEY,       -- the API's id
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The API can neither list nor read invoices: what is not kept here is lost.
CREATE TABLE invoices (
    id TEXT PRIMARY KEY,            -- ours, a UUID
    state TEXT NOT NULL,            -- sending, made, refused, lost
    number TEXT UNIQUE,             -- the API's id
    url TEXT,
    price_amount TEXT NOT NULL,
    price_currency TEXT NOT NULL,
    pay_currency TEXT,
    order_id TEXT,
    order_description TEXT,
    success_url TEXT,
    cancel_url TEXT,
    terms TEXT NOT NULL,            -- JSON: whose fees, which rate
    trouble TEXT,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX invoices_newest ON invoices (at);

-- What was typed and not yet sent, as JSON.
CREATE TABLE drafts (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
