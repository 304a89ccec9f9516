-- What the API said a payment was worth in the currency of its price when it was paid.
ALTER TABLE payments ADD COLUMN actually_paid_at_fiat TEXT;
