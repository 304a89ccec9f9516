-- What a row that was refused says of its network, which a ticker alone may not say: kept until the row is corrected.
ALTER TABLE payout_rows ADD COLUMN network TEXT; -- NULL: nothing, or the ticker says it

-- Addresses that were two accounts by the way they are written, of TON, in the form of cash addresses, and of scripts of
-- Litecoin: read anew when the shop is opened. Until now the account was the address in these.
CREATE TABLE accounts_to_read (account TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO accounts_to_read
    SELECT account FROM (SELECT account FROM payout_rows UNION SELECT account FROM contacts)
    WHERE length(account) = 48
       OR account GLOB '0:*' OR account GLOB '-1:*'
       OR account LIKE 'bitcoincash:%' OR account LIKE 'ecash:%'
       OR (length(account) = 42 AND (account GLOB 'Q*' OR account GLOB 'P*'))
       OR (length(account) BETWEEN 26 AND 35 AND account GLOB 'M*');

-- Of rows that were refused before, what is known of the network, and no amount that another country reads as another one:
-- nobody remembers how its file writes numbers. What stood there is in `raw`.
UPDATE payout_rows SET network = (
        SELECT json_extract(value, '$.value') FROM json_each(payout_rows.problems)
        WHERE json_extract(value, '$.column') = 'network' LIMIT 1)
    WHERE status = 'bad' AND raw IS NOT NULL AND problems LIKE '%"network"%';
UPDATE payout_rows SET amount = ''
    WHERE status = 'bad' AND raw IS NOT NULL AND edited_at IS NULL AND amount GLOB '*.[0-9][0-9][0-9]';
UPDATE payout_rows SET fiat_amount = NULL
    WHERE status = 'bad' AND raw IS NOT NULL AND edited_at IS NULL AND fiat_amount GLOB '*.[0-9][0-9][0-9]';
