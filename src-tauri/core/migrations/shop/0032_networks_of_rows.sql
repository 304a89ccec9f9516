-- What a row that was refused says of its network, which a ticker alone may not say: kept until the row is corrected.
ALTER TABLE payout_rows ADD COLUMN network TEXT; -- NULL: nothing, or the ticker says it
