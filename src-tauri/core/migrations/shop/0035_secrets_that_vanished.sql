-- Since when the sealed secret is not in the keychain any more without anybody having given its PIN: it guards the rules all the
-- same, until another one is sealed.
ALTER TABLE second_factor ADD COLUMN lost_at TEXT;
