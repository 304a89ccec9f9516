-- What a payment cost the shop, as the newest callback about it said. JSON; its amounts are exact text.
ALTER TABLE payments ADD COLUMN fee TEXT;

-- Payments that have not come to an end, and when each is to be read on its own because no list has shown it lately.
CREATE TABLE payment_looks (
    payment INTEGER PRIMARY KEY REFERENCES payments (number),
    due TEXT NOT NULL
) STRICT;
CREATE INDEX payment_looks_due ON payment_looks (due);
INSERT INTO payment_looks (payment, due)
    SELECT number, strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '+8 days') FROM payments
    WHERE status NOT IN ('finished', 'failed', 'refunded', 'expired', 'cancelled');

-- The newest callback about each payment that was not cached when it came.
CREATE TABLE payment_callbacks (
    id TEXT PRIMARY KEY,            -- the API's, of the payment
    body TEXT NOT NULL,             -- the JSON that was signed
    since TEXT NOT NULL,            -- when the first one came
    due TEXT NOT NULL               -- when the payment is to be read
) STRICT, WITHOUT ROWID;
