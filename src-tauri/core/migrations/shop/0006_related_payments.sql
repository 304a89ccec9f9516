-- The payments of a purchase, and those that repeat another. Most have neither a parent nor, in some shops, a purchase.
CREATE INDEX payments_by_purchase ON payments (purchase_id) WHERE purchase_id IS NOT NULL;
CREATE INDEX payments_by_parent ON payments (parent_payment_id) WHERE parent_payment_id IS NOT NULL;
