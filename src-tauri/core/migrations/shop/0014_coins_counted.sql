-- How many payments are in a coin: what one can choose from, and the length of its list.
CREATE TABLE payment_coin_counts (
    coin TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
INSERT INTO payment_coin_counts (coin, count)
SELECT pay_currency, count(*) FROM payments INDEXED BY payments_by_coin GROUP BY pay_currency;
CREATE TRIGGER payments_counted_over_coins AFTER UPDATE OF pay_currency ON payments
WHEN new.pay_currency <> old.pay_currency BEGIN
    UPDATE payment_coin_counts SET count = count - 1 WHERE coin = old.pay_currency;
    INSERT INTO payment_coin_counts (coin, count) VALUES (new.pay_currency, 1)
    ON CONFLICT (coin) DO UPDATE SET count = count + 1;
END;
