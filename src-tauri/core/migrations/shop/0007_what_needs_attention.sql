-- What needs the owner: payments that did not go as they should, each a case with an end.

-- Of what is to be paid, a key as the others are (0002): what was paid beyond it is found by comparing the two.
ALTER TABLE payments ADD COLUMN expected_key TEXT GENERATED ALWAYS AS (
    printf('%02d', length(ltrim(substr(pay_amount, 1, instr(pay_amount || '.', '.') - 1), '0')))
    || ltrim(substr(pay_amount, 1, instr(pay_amount || '.', '.') - 1), '0')
    || substr(pay_amount, instr(pay_amount || '.', '.') + 1)
) VIRTUAL;

-- What is wrong with payments as they are cached, and since when. The only place that says so, but for what only the
-- time makes wrong. A payment has one such thing at a time.
CREATE VIEW attention_wrong (payment, kind, since, purchase_id) AS
SELECT
    p.number,
    CASE
        WHEN p.status = 'failed' THEN 'failed'
        -- It came to the address of another payment.
        WHEN p.parent_payment_id IS NOT NULL THEN CASE
            WHEN p.paid_key <= '00' OR p.status = 'refunded' THEN NULL
            WHEN parent.pay_currency <> p.pay_currency THEN 'wrong_asset'
            WHEN iif(json_valid(p.answer), p.answer ->> '$.origin_type', NULL) = 'WRONG_ASSET' THEN 'wrong_asset'
            WHEN parent.status IN ('expired', 'failed', 'cancelled', 'canceled') THEN 'late'
            ELSE 'repeated'
        END
        WHEN p.status = 'partially_paid' AND NOT EXISTS (
            -- The rest was paid as a payment of its own. It is found by its words: nothing else has a purchase's payments.
            SELECT 1 FROM payments AS further NOT INDEXED
            WHERE further.number IN (
                SELECT rowid FROM payments_search
                WHERE payments_search MATCH 'purchase_id : "' || replace(coalesce(p.purchase_id, ''), '"', '""') || '"'
            )
            AND further.purchase_id = p.purchase_id AND further.number <> p.number
            AND further.created_at >= p.created_at AND further.parent_payment_id IS NULL
            AND further.status = 'finished'
        ) THEN 'underpaid'
        WHEN p.status = 'finished' AND p.paid_key > p.expected_key THEN 'overpaid'
        WHEN p.status IN ('expired', 'cancelled', 'canceled') AND p.paid_key > '00' THEN 'late'
    END AS kind,
    iif(p.parent_payment_id IS NULL OR p.status = 'failed', p.updated_at, p.created_at),
    p.purchase_id
FROM payments AS p LEFT JOIN payments AS parent ON parent.id = p.parent_payment_id
WHERE kind IS NOT NULL;

CREATE TABLE attention_cases (
    id INTEGER PRIMARY KEY,
    payment INTEGER NOT NULL REFERENCES payments (number),
    kind TEXT NOT NULL,
    cause TEXT NOT NULL DEFAULT '', -- settled for one cause by the owner, it comes back for another
    shelf TEXT NOT NULL,            -- open, earlier (older than anybody would still look into), settled
    at TEXT NOT NULL,               -- what its shelf is sorted by: since when, or when it was settled
    since TEXT NOT NULL,
    noticed_at TEXT NOT NULL,
    settled_at TEXT,
    settled_by TEXT,                -- owner, or itself: what was wrong is over
    note TEXT,                      -- the owner's
    batch TEXT REFERENCES payout_batches (id) ON DELETE SET NULL, -- the refund that was prepared
    purchase_id TEXT,               -- the payment's, so that a further payment of the purchase finds the case
    UNIQUE (payment, kind)
) STRICT;
CREATE INDEX attention_cases_by_time ON attention_cases (shelf, at, id);
CREATE INDEX attention_cases_by_kind ON attention_cases (shelf, kind, at, id);
CREATE INDEX attention_cases_of_purchase ON attention_cases (purchase_id) WHERE kind = 'underpaid';
CREATE INDEX attention_cases_of_batch ON attention_cases (batch) WHERE batch IS NOT NULL;

-- What is cached already. How old it is is seen from the newest that is cached; no clock is asked.
INSERT INTO attention_cases (payment, kind, shelf, at, since, noticed_at, purchase_id)
    SELECT
        payment, kind, iif(since < strftime('%Y-%m-%dT%H:%M:%fZ', newest, '-30 days'), 'earlier', 'open'),
        since, since, newest, purchase_id
    FROM attention_wrong, (SELECT max(updated_at) AS newest FROM payments);
