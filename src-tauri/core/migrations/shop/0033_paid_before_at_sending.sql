-- What a check has found of earlier payouts like a row, as batch:row:whether it failed, separated by spaces: what turns up
-- beyond that before the batch is sent is said first.
ALTER TABLE payout_rows ADD COLUMN earlier TEXT;
-- When a check came to its end, by the provider's clock: what it has found is good for a while from then on.
ALTER TABLE payout_batches ADD COLUMN check_ended_at TEXT;
-- 1: the provider's list did not show at the check what was sent from elsewhere.
ALTER TABLE payout_batches ADD COLUMN seen_in_part INTEGER NOT NULL DEFAULT 0;
-- What is to be read before a batch is approved: more coins than at the check.
ALTER TABLE payout_batches ADD COLUMN dearer TEXT;

-- The provider's batches that may be one whose creation has an unknown end. A person may say that one is not.
CREATE TABLE payout_candidates (
    batch TEXT NOT NULL REFERENCES payout_batches (id) ON DELETE CASCADE,
    provider_id TEXT NOT NULL,
    not_ours_at TEXT,               -- when that was said
    PRIMARY KEY (batch, provider_id)
) STRICT, WITHOUT ROWID;
