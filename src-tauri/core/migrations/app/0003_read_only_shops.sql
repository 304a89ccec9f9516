-- A shop of which nothing is made, moved or changed at NOWPayments from this computer.
ALTER TABLE shops ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0 CHECK (read_only IN (0, 1));
