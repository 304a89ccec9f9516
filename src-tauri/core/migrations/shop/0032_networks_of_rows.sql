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
