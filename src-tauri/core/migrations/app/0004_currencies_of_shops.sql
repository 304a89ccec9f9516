-- What worths are told in.
ALTER TABLE shops ADD COLUMN currency TEXT NOT NULL DEFAULT 'usd';
