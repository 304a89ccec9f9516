-- Any part of any list of payments in one short read, and the lists that the owner keeps.

-- How often cached payments were changed. With their number it moves with every change there is, and what a list
-- remembers of them holds as long as it stands still.
CREATE TABLE payment_changes (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO payment_changes (only, count) VALUES (1, 0);
CREATE TRIGGER payments_changed AFTER UPDATE ON payments BEGIN
    UPDATE payment_changes SET count = count + 1;
END;

-- Each operator has an index of its own now, out of which alone it is answered, so the one by time need not hold
-- everything that is compared.
DROP INDEX payments_by_created;
CREATE INDEX payments_by_created ON payments (created_at, id);
CREATE INDEX payments_by_currency ON payments (price_currency);
CREATE INDEX payments_by_paid ON payments (paid_key);

-- Lists that the owner gave a name.
CREATE TABLE payment_views (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,  -- lower case: two names differ by more than that
    search TEXT NOT NULL,
    sort TEXT NOT NULL,             -- JSON, as are the columns
    descending INTEGER NOT NULL,
    columns TEXT NOT NULL
) STRICT;

-- One line: the columns of the list as the owner left them.
CREATE TABLE payment_columns (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    columns TEXT NOT NULL           -- JSON
) STRICT;
