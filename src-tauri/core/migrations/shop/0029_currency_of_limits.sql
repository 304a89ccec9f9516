-- Limits keep the currency that they were set in, whatever the shop counts in later. Until now that was this one.
ALTER TABLE payout_rules ADD COLUMN currency TEXT NOT NULL DEFAULT 'usd';
