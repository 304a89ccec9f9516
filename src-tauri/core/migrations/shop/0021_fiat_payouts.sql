-- Rows that pay what a sum of money buys. Their `amount` is empty.
ALTER TABLE payout_rows ADD COLUMN fiat_amount TEXT;
ALTER TABLE payout_rows ADD COLUMN fiat_currency TEXT;
-- What that is in coins: about, by the rate at the check; exactly, once NOWPayments has created it.
ALTER TABLE payout_rows ADD COLUMN coin_amount TEXT;

-- The same of all rows of a coin.
ALTER TABLE payout_coins ADD COLUMN fiat_in_coins TEXT;

-- The sums of money that the rows of a coin pay.
CREATE TABLE payout_fiats (
    batch TEXT NOT NULL REFERENCES payout_batches (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,         -- the coin
    fiat TEXT NOT NULL,
    rows INTEGER NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (batch, currency, fiat)
) STRICT, WITHOUT ROWID;

-- The currency of every sum of money in files that look like this, where no column holds it.
ALTER TABLE payout_layouts ADD COLUMN fiat_currency TEXT;
