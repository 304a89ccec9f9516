-- What not every answer says of a payment, kept from one that did.

-- Why it repeats another, upper case as the API says it: what came in another coin has no part in the price.
ALTER TABLE payments ADD COLUMN origin_type TEXT;
-- Until when a deposit is waited for. Lists do not say it.
ALTER TABLE payments ADD COLUMN waits_until TEXT;
UPDATE payments SET origin_type = upper(answer ->> '$.origin_type')
    WHERE parent_payment_id IS NOT NULL AND json_valid(answer);
