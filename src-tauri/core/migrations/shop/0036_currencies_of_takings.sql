-- How many payments have their prices in a currency: the sums of days, summed, so that the overview does not read all days for it.
CREATE TABLE takings_currencies (
    currency TEXT PRIMARY KEY,      -- lower case
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO takings_currencies SELECT currency, sum(count) FROM takings_days GROUP BY currency;
CREATE TRIGGER takings_currencies_more AFTER INSERT ON takings_days BEGIN
    INSERT INTO takings_currencies VALUES (NEW.currency, NEW.count)
        ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;
CREATE TRIGGER takings_currencies_fewer AFTER DELETE ON takings_days BEGIN
    UPDATE takings_currencies SET count = count - OLD.count WHERE currency = OLD.currency;
END;
