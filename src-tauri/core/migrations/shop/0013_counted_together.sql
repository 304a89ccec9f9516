-- New payments are counted a page at a time by what writes them (payments/cache.rs): one by one takes as long as writing
-- them.
DROP TRIGGER payments_counted_in;
