-- What the owner said of the columns of a file, for files that look the same.
CREATE TABLE payout_layouts (
    looks TEXT PRIMARY KEY,         -- the names in the header as JSON, or the number of columns
    columns TEXT NOT NULL,          -- JSON: what each column holds, null for a note
    header INTEGER,                 -- whether the first record names the columns; NULL: it does
    currency TEXT                   -- of every row, where no column holds it
) STRICT, WITHOUT ROWID;

-- Rows that the owner corrected after they were read; what stood in the file is in `raw`.
ALTER TABLE payout_rows ADD COLUMN edited_at TEXT;
CREATE INDEX payout_rows_edited ON payout_rows (batch) WHERE edited_at IS NOT NULL;

-- What a batch must add up to, as the owner knows from elsewhere.
ALTER TABLE payout_batches ADD COLUMN control_rows INTEGER;
CREATE TABLE payout_control_sums (
    batch TEXT NOT NULL REFERENCES payout_batches (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (batch, currency)
) STRICT, WITHOUT ROWID;

-- The rows with a given external id of the owner's.
CREATE INDEX payout_rows_external_id ON payout_rows (batch, external_id) WHERE external_id IS NOT NULL;
