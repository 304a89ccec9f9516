-- When a batch is paid, if not as soon as it is approved, and how it comes back.
ALTER TABLE payout_batches ADD COLUMN execute_at TEXT;      -- by the provider's clock
ALTER TABLE payout_batches ADD COLUMN repeat_interval TEXT;
ALTER TABLE payout_batches ADD COLUMN repeat_every INTEGER;
ALTER TABLE payout_batches ADD COLUMN repeat_until TEXT;
-- The batch that a run of a series repeats.
ALTER TABLE payout_batches ADD COLUMN repeats TEXT REFERENCES payout_batches (id);
