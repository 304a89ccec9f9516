-- Payments by every column of the list, and found by every operator of the search, out of indices alone.

-- Keys of amounts: text that sorts as the numbers do. What is written from now on gets its keys from payments/amounts.rs,
-- which says how they are made.
ALTER TABLE payments ADD COLUMN price_key TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN paid_key TEXT NOT NULL DEFAULT '';  -- nothing is zero
ALTER TABLE payments ADD COLUMN amount_key TEXT;                    -- of what was paid, or else is to be paid

-- What is there gets the same ones, made here of every amount once.
CREATE TABLE amount_keys (
    amount TEXT PRIMARY KEY,
    whole TEXT GENERATED ALWAYS AS (ltrim(substr(amount, 1, instr(amount || '.', '.') - 1), '-0')) VIRTUAL,
    size TEXT GENERATED ALWAYS AS (
        printf('%02d', length(whole)) || whole || substr(amount, instr(amount || '.', '.') + 1)
    ) VIRTUAL,
    key TEXT GENERATED ALWAYS AS (
        CASE substr(amount, 1, 1) WHEN '-' THEN '-'
        || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            size, '0', 'j'), '1', 'i'), '2', 'h'), '3', 'g'), '4', 'f'),
            '5', 'e'), '6', 'd'), '7', 'c'), '8', 'b'), '9', 'a')
        || '~' ELSE size END
    ) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO amount_keys (amount)
    SELECT price_amount FROM payments UNION SELECT actually_paid FROM payments WHERE actually_paid IS NOT NULL
    UNION SELECT pay_amount FROM payments WHERE pay_amount IS NOT NULL UNION SELECT '0';
UPDATE payments SET
    price_key = (SELECT key FROM amount_keys WHERE amount = price_amount),
    paid_key = (SELECT key FROM amount_keys WHERE amount = coalesce(actually_paid, '0')),
    amount_key = (SELECT key FROM amount_keys WHERE amount = coalesce(nullif(actually_paid, '0'), pay_amount));
DROP TABLE amount_keys;

-- Texts sort by their beginning, whatever the case of their letters. Nothing written is nothing to sort by.
ALTER TABLE payments ADD COLUMN order_key TEXT
    GENERATED ALWAYS AS (nullif(lower(substr(order_id, 1, 64)), '')) VIRTUAL;
ALTER TABLE payments ADD COLUMN description_key TEXT
    GENERATED ALWAYS AS (nullif(lower(substr(order_description, 1, 64)), '')) VIRTUAL;

-- One index for each sort. The one by time holds all that operators compare, too: what they match is counted there
-- without reading a row.
DROP INDEX payments_newest;
CREATE INDEX payments_by_created ON payments
    (created_at, id, status, pay_currency, price_currency, price_key, paid_key);
DROP INDEX payments_newest_by_status;
CREATE INDEX payments_by_status ON payments (status, created_at, id);
CREATE INDEX payments_by_coin ON payments (pay_currency, created_at, id);
CREATE INDEX payments_by_updated ON payments (updated_at, id);
CREATE INDEX payments_by_order ON payments (order_key, id);
CREATE INDEX payments_by_description ON payments (description_key, id);
CREATE INDEX payments_by_price ON payments (price_key, id);
CREATE INDEX payments_by_amount ON payments (amount_key, id);
CREATE INDEX payments_by_invoice ON payments (invoice_id) WHERE invoice_id IS NOT NULL;
