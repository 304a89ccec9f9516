-- What was paid into users' balances stands among the payments of the shop without a mark, and is none of its takings. A day is
-- summed anew when such a payment is learned of after it was summed. `custody_payments.user` is empty where nobody has said yet
-- whose balance it is.
CREATE TRIGGER takings_without_balances AFTER INSERT ON custody_payments BEGIN
    INSERT OR IGNORE INTO takings_stale (hour)
        SELECT substr(created_at, 1, 13) FROM payments WHERE id = NEW.id
        UNION SELECT substr(created_at, 1, 13) FROM payments WHERE parent_payment_id = NEW.id;
END;
INSERT OR IGNORE INTO takings_stale (hour)
    SELECT substr(p.created_at, 1, 13) FROM custody_payments AS c CROSS JOIN payments AS p ON p.id = c.id
    UNION
    SELECT substr(p.created_at, 1, 13) FROM custody_payments AS c CROSS JOIN payments AS p ON p.parent_payment_id = c.id;
