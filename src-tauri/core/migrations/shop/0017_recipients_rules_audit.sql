-- What was done with money, and with what guards it, in the order in which it was done.
CREATE TABLE audit_log (
    number INTEGER PRIMARY KEY,     -- from 1, without a gap
    at TEXT NOT NULL,
    area TEXT NOT NULL,
    subject TEXT NOT NULL,          -- the name of what it was done to
    reference TEXT NOT NULL,        -- its id, and the hash of what was approved
    words TEXT NOT NULL,
    hash TEXT NOT NULL              -- SHA-256 of all of this and of the hash before it
) STRICT;
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log BEGIN
    SELECT raise(ABORT, 'the audit log is not changed');
END;
CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log BEGIN
    SELECT raise(ABORT, 'the audit log is not deleted');
END;

-- Recipients that the owner knows by name.
CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    account TEXT NOT NULL,          -- the address in one way of writing it
    currency TEXT NOT NULL,
    extra_id TEXT,
    added_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX contacts_by_account ON contacts (account, currency, coalesce(extra_id, ''));

-- One line: what the owner does not want to be possible.
CREATE TABLE payout_rules (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    contacts_only INTEGER NOT NULL DEFAULT 0,
    batch_limit TEXT,               -- in the currency of the shop
    day_limit TEXT,
    part_size INTEGER NOT NULL
) STRICT;

-- The address in one way of writing it: equal for two that are the same.
ALTER TABLE payout_rows ADD COLUMN account TEXT NOT NULL DEFAULT '';
UPDATE payout_rows SET account = CASE WHEN lower(address) LIKE '0x%' THEN lower(address) ELSE address END;
DROP INDEX payout_rows_recipient;
CREATE INDEX payout_rows_recipient ON payout_rows (account, currency, amount);
-- Who was paid before.
CREATE INDEX payout_rows_paid ON payout_rows (account) WHERE status = 'paid';

-- An id of the owner's that an earlier batch has, too.
DROP INDEX payout_rows_external_id;
CREATE INDEX payout_rows_external_id ON payout_rows (external_id, batch) WHERE external_id IS NOT NULL;

-- Whether the shop has never paid to the address and does not know it by name.
ALTER TABLE payout_rows ADD COLUMN is_new INTEGER NOT NULL DEFAULT 0;
-- What is wrong with the recipient by the rules of the shop: the address that this one looks like, '' where it must be a
-- contact and is none, NULL where nothing is wrong.
ALTER TABLE payout_rows ADD COLUMN taken_for TEXT;

-- When it was paid, by the provider's clock.
ALTER TABLE payout_rows ADD COLUMN paid_at TEXT;

ALTER TABLE payout_batches ADD COLUMN file_hash TEXT;
ALTER TABLE payout_batches ADD COLUMN new_recipients INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payout_batches_file ON payout_batches (file_hash) WHERE file_hash IS NOT NULL;

-- A batch that is too large to be sent at once is sent as several.
ALTER TABLE payout_batches ADD COLUMN whole TEXT REFERENCES payout_batches (id);
ALTER TABLE payout_batches ADD COLUMN part INTEGER;
ALTER TABLE payout_batches ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payout_batches_parts ON payout_batches (whole, part) WHERE whole IS NOT NULL;
