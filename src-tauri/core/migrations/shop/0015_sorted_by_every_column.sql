-- Payments by each of their columns, and under the same value by their number, which each index has. Those by invoice and
-- purchase held only payments that have one; a list has the others at its end.
DROP INDEX payments_by_invoice;
CREATE INDEX payments_by_invoice ON payments (invoice_id);
DROP INDEX payments_by_purchase;
CREATE INDEX payments_by_purchase ON payments (purchase_id);
CREATE INDEX payments_by_address ON payments (pay_address);

-- Keys of what was paid in the currency of the price, and of what the shop received, as those of 0002.
ALTER TABLE payments ADD COLUMN worth_key TEXT;
ALTER TABLE payments ADD COLUMN outcome_key TEXT;
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
    SELECT outcome_amount FROM payments WHERE outcome_amount IS NOT NULL
    UNION SELECT actually_paid_at_fiat FROM payments WHERE actually_paid_at_fiat IS NOT NULL;
UPDATE payments SET outcome_key = (SELECT key FROM amount_keys WHERE amount = outcome_amount)
    WHERE outcome_amount IS NOT NULL;
-- '00' is the key of zero; those below begin with a minus, which sorts before it.
UPDATE payments SET worth_key = (SELECT key FROM amount_keys WHERE amount = actually_paid_at_fiat)
    WHERE paid_key > '00' AND (SELECT key FROM amount_keys WHERE amount = actually_paid_at_fiat) > '00';
UPDATE payments SET worth_key = price_key
    WHERE paid_key > '00' AND worth_key IS NULL AND actually_paid = pay_amount AND origin_type IS NOT 'WRONG_ASSET';
DROP TABLE amount_keys;

-- What is left was paid in part. Its worth takes a division, which Paydesk does exactly when it opens the shop
-- (payments/cache/row.rs).
CREATE TABLE payments_without_worth_key (number INTEGER PRIMARY KEY) STRICT;
INSERT INTO payments_without_worth_key (number)
    SELECT number FROM payments WHERE paid_key > '00' AND worth_key IS NULL AND pay_amount IS NOT NULL;

CREATE INDEX payments_by_worth ON payments (worth_key);
CREATE INDEX payments_by_outcome ON payments (outcome_key);
