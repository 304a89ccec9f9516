-- Notifications of payments, told by the owner's rules, and which of them were read.

-- What a notification of a payment is about; NULL for one of a batch of payouts.
ALTER TABLE notifications ADD COLUMN news TEXT;
ALTER TABLE notifications ADD COLUMN price_amount TEXT;
ALTER TABLE notifications ADD COLUMN price_currency TEXT;
ALTER TABLE notifications ADD COLUMN read_at TEXT;
-- Those of an earlier Paydesk were told when nobody could mark them.
UPDATE notifications SET read_at = at;

CREATE INDEX notifications_newest ON notifications (at, key);
CREATE INDEX notifications_untold ON notifications (at) WHERE told_at IS NULL;
CREATE INDEX notifications_told ON notifications (told_at) WHERE news IS NOT NULL;
CREATE INDEX notifications_unread ON notifications (at) WHERE read_at IS NULL;

-- One line.
CREATE TABLE notification_rules (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    rules TEXT,                     -- JSON; NULL: as they are when nobody has set them
    paused_until TEXT,
    told_from TEXT                  -- what happened to a payment before this is not told; NULL until the first answer
) STRICT;
-- A history that is complete is told from its newest change on; one that is not, from its next answer on.
INSERT INTO notification_rules (only, told_from) VALUES (1, (
    SELECT max(updated_at) FROM payments
    WHERE EXISTS (SELECT 1 FROM sync_marks WHERE key = 'payments' AND json_extract(value, '$.complete'))
));
