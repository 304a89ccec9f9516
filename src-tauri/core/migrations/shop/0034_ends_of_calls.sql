-- When the call that makes something has ended, and what a payout to a bank was worth: the limits count it.
ALTER TABLE moves ADD COLUMN ended_at TEXT;            -- by the provider's clock; NULL: it was cut off, or is under way
ALTER TABLE moves ADD COLUMN late_look_at TEXT;        -- the last of the late looks, by the provider's clock
ALTER TABLE moves ADD COLUMN worth TEXT;               -- about, when it was shown
ALTER TABLE moves ADD COLUMN worth_currency TEXT;      -- lower case
ALTER TABLE subscription_calls ADD COLUMN ended_at TEXT;
ALTER TABLE subscription_calls ADD COLUMN late_look_at TEXT;
