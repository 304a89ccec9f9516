-- What a notification leads to: JSON with its kind and its id, in place of a column for each kind.
ALTER TABLE notifications ADD COLUMN subject TEXT; -- NULL: it is about several things
UPDATE notifications SET subject = CASE
    WHEN batch IS NOT NULL THEN json_object('kind', 'batch', 'id', batch)
    WHEN subscription IS NOT NULL THEN json_object('kind', 'subscription', 'id', subscription)
    WHEN payment IS NOT NULL THEN json_object('kind', 'payment', 'id', payment)
END;

-- Those of moves led nowhere so far. Their key names the move: `move:<id>:<what became of it>`.
UPDATE notifications SET subject = (
    SELECT CASE list
        WHEN 'transfers' THEN json_object('kind', 'transfer', 'id', made)
        WHEN 'conversions' THEN json_object('kind', 'conversion', 'id', made)
        WHEN 'payments' THEN json_object('kind', 'custody_payment', 'user', to_user, 'id', made)
        WHEN 'users' THEN json_object('kind', 'custody_user', 'id', made)
        WHEN 'fiat_payouts' THEN json_object('kind', 'bank_payout', 'id', made)
        WHEN 'fiat_accounts' THEN json_object('kind', 'bank_accounts')
    END
    FROM moves WHERE made IS NOT NULL AND moves.id = substr(notifications.key, 6, 36)
) WHERE key LIKE 'move:%';

ALTER TABLE notifications DROP COLUMN batch;
ALTER TABLE notifications DROP COLUMN payment;
ALTER TABLE notifications DROP COLUMN subscription;
