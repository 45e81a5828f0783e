-- Old forms (base/legacy.h). What a product's pledges may use is a set, whose
-- lowest bit is the switch that there was.
ALTER TABLE product RENAME COLUMN legacy_unattributed TO legacy;

-- Octets of a voucher that its pledges can take; 0 is any number.
ALTER TABLE product ADD COLUMN voucher_limit INTEGER NOT NULL DEFAULT 0;

-- How often they were granted something, and the last device that used each.
CREATE TABLE legacy (
	form TEXT PRIMARY KEY NOT NULL,
	uses INTEGER NOT NULL,
	last INTEGER NOT NULL,
	serial TEXT NOT NULL
);

-- Facts say which forms a request used. Those of before do not, so what was
-- waiting for the re-check cannot be compared any more.
UPDATE voucher SET recheck = 0, facts = x'' WHERE recheck = 1;
