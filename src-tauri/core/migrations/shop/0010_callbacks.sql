-- One line: whether callbacks are listened for, and where. The IPN secret itself is in the keychain.
CREATE TABLE callback_listener (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    listening INTEGER NOT NULL DEFAULT 0,
    port INTEGER,                   -- NULL: none was chosen yet
    secret_at TEXT                  -- when the secret was last set; NULL: there is none
) STRICT;

-- The last callbacks that came in. What was refused is kept without its body.
CREATE TABLE callbacks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    verified INTEGER NOT NULL,
    effect TEXT NOT NULL,
    reason TEXT,                    -- why it was refused, or what went wrong with it
    form TEXT,                      -- the form of the body that was signed
    kind TEXT,
    subject TEXT,                   -- the id of the payment, payout or charge
    batch TEXT,                     -- NOWPayments' number of the payout's batch
    status TEXT,
    key TEXT,                       -- the same for callbacks that tell the same
    bytes INTEGER NOT NULL,
    signature_end TEXT,
    body TEXT                       -- as it was signed; NULL when it is larger than what is kept
) STRICT;
CREATE INDEX callbacks_by_verdict ON callbacks (verified, number);
CREATE INDEX callbacks_by_key ON callbacks (key) WHERE key IS NOT NULL;
