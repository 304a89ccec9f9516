-- Plans and who has subscribed to them, as NOWPayments lists them; what changed while Paydesk looked; and what was asked for here.

CREATE TABLE subscription_plans (
    id TEXT PRIMARY KEY,            -- the API's
    title TEXT NOT NULL,
    interval_days INTEGER NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,         -- lower case
    callback_url TEXT,
    success_url TEXT,
    cancel_url TEXT,
    partially_paid_url TEXT,
    created_at TEXT,
    updated_at TEXT
) STRICT, WITHOUT ROWID;

-- What a plan asked for, and since when: a bill keeps the price and the interval of its time.
CREATE TABLE subscription_plan_terms (
    plan TEXT NOT NULL,
    since TEXT NOT NULL,            -- by the provider's clock; empty for what was found at first
    interval_days INTEGER NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (plan, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,            -- the API's
    plan TEXT NOT NULL,
    email TEXT,
    user TEXT,                      -- of a custody user
    status TEXT NOT NULL,           -- lower case
    active INTEGER NOT NULL,        -- the period that is paid for has not ended
    expires_at TEXT,
    created_at TEXT,
    updated_at TEXT,
    seen_at TEXT NOT NULL,          -- when it was first seen; like all times here by the provider's clock
    billed_at TEXT,                 -- when the bill that is open, or was paid last, was made, where that was seen
    ended_at TEXT                   -- when it was seen to be gone
) STRICT;
CREATE INDEX subscriptions_of_plan ON subscriptions (plan, status);
CREATE INDEX subscriptions_email ON subscriptions (email, plan);

-- What was seen to happen to a subscription, only ever appended.
CREATE TABLE subscription_events (
    number INTEGER PRIMARY KEY,
    subscription TEXT NOT NULL,
    plan TEXT NOT NULL,
    kind TEXT NOT NULL,             -- seen, status, paid, ended, back
    from_status TEXT,
    to_status TEXT,
    expires_at TEXT,                -- of paid: until when it is paid for
    amount TEXT,                    -- of paid: the price; NULL where it is not certain
    currency TEXT,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX subscription_events_of ON subscription_events (subscription, number);
CREATE INDEX subscription_events_of_plan ON subscription_events (plan, kind, at);

-- The names of the custody users that are subscribed.
CREATE TABLE subscription_users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Calls that change something, written before they are made.
CREATE TABLE subscription_calls (
    id TEXT PRIMARY KEY,            -- ours, a UUID
    kind TEXT NOT NULL,             -- make_plan, change_plan, subscribe, end
    state TEXT NOT NULL,            -- sending, done, refused, unknown, given_up
    plan TEXT,                      -- the API's id: of the plan that is meant, or was made
    subscription TEXT,              -- the API's id: of the subscription that is meant, or was made
    email TEXT,
    user TEXT,
    wanted TEXT NOT NULL,           -- JSON: what was asked for
    before TEXT NOT NULL,           -- JSON: the ids of what looked like it before the call
    answered INTEGER NOT NULL DEFAULT 0, -- an answer came, so that nothing is on its way any more
    sent_at TEXT NOT NULL,          -- by the provider's clock
    at TEXT NOT NULL,               -- the same by ours
    trouble TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    late_looks INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX subscription_calls_newest ON subscription_calls (at);
CREATE INDEX subscription_calls_open ON subscription_calls (state) WHERE state IN ('sending', 'unknown');
-- What one call has made is not what another one has made.
CREATE UNIQUE INDEX subscription_calls_plan ON subscription_calls (plan) WHERE kind = 'make_plan' AND plan IS NOT NULL;
CREATE UNIQUE INDEX subscription_calls_subscription ON subscription_calls (subscription)
    WHERE kind = 'subscribe' AND subscription IS NOT NULL;

-- Files of subscribers.
CREATE TABLE subscriber_files (
    id TEXT PRIMARY KEY,            -- ours, a UUID
    plan TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,            -- draft, sending, stopped, done
    records INTEGER NOT NULL,
    header INTEGER NOT NULL,
    blank INTEGER NOT NULL,
    notes TEXT NOT NULL,            -- JSON: how the file was read
    trouble TEXT,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE subscriber_rows (
    file TEXT NOT NULL REFERENCES subscriber_files (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,        -- from 1
    line INTEGER NOT NULL,
    email TEXT NOT NULL,            -- as it stood, or was corrected
    notes TEXT NOT NULL,            -- JSON: the other columns
    raw TEXT NOT NULL,
    verdict TEXT NOT NULL,          -- of the file as it was read: accepted, bad, duplicate, already
    status TEXT NOT NULL,           -- now: ready, bad, duplicate, already, subscribed, refused, unknown, left_out
    problem TEXT,                   -- JSON
    call TEXT,                      -- the last one that was made for it
    subscription TEXT,
    PRIMARY KEY (file, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriber_rows_status ON subscriber_rows (file, status);
CREATE INDEX subscriber_rows_call ON subscriber_rows (call) WHERE call IS NOT NULL;

ALTER TABLE notifications ADD COLUMN subscription TEXT;
-- Who has set rules is told of subscriptions as everybody else.
UPDATE notification_rules SET rules = json_set(rules, '$.subscriptions', json('["paid", "underpaid", "expired"]'))
    WHERE rules IS NOT NULL;
