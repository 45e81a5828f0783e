-- Which keys stand behind a domainID in any voucher (R-13.7): one that is new for a
-- domainID that is known is told of once.
CREATE TABLE domain (
	domain_id BLOB NOT NULL,
	pin_spki BLOB NOT NULL,
	PRIMARY KEY (domain_id, pin_spki)
);
INSERT INTO domain SELECT DISTINCT domain_id, pin_spki FROM voucher;

-- Why a key was retired, a word of its act.
ALTER TABLE ca ADD COLUMN cause TEXT NOT NULL DEFAULT '';
