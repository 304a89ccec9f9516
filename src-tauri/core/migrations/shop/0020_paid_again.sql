-- The batch whose unpaid rows this one pays again: they are paid again once.
ALTER TABLE payout_batches ADD COLUMN pays_again TEXT;
CREATE INDEX payout_batches_again ON payout_batches (pays_again) WHERE pays_again IS NOT NULL;
