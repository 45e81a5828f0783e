-- What products select of their IDevIDs (IP 5); key_usage is 0 to 2 from now on.
ALTER TABLE product ADD COLUMN subject_key_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN organization TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN hw_type TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN issuance_policy INTEGER NOT NULL DEFAULT 0;

-- Which header of a COSE voucher has its chain (MP 10.1): 0 unprotected, 1 protected, 2 both.
ALTER TABLE product ADD COLUMN x5bag INTEGER NOT NULL DEFAULT 0;

-- Names of the MASA that devices were given: what stands in an IDevID stays there
-- (R-3.12). Those of products are added when an authority starts.
CREATE TABLE masa_name (
	name TEXT PRIMARY KEY NOT NULL,
	since INTEGER NOT NULL
);

-- What the linter only warned about when a device's certificate was imported (IP
-- 10): codes, "L01 L05".
ALTER TABLE device ADD COLUMN warnings TEXT NOT NULL DEFAULT '';

-- The INTEGER of each certificate, once for an issuer's Name (IP 2). Those of devices
-- that were there before come little by little, from behind a serial on: to take them
-- here, all rows would be read while nobody is served (doc/decisions/076).
CREATE TABLE certificate_number (
	issuer_name BLOB NOT NULL,
	number BLOB NOT NULL,
	spki BLOB NOT NULL,
	PRIMARY KEY (issuer_name, number)
);
CREATE TABLE number_fill (
	behind TEXT NOT NULL,
	repeated INTEGER NOT NULL,
	done INTEGER NOT NULL
);
INSERT INTO number_fill SELECT '', 0,
	CASE WHEN EXISTS (SELECT 1 FROM device) THEN 0 ELSE 1 END;

-- Product lines whose units had keys that were seen before (R-2.8): how many since an
-- operator looked, whose key the last one had, and when; the last one's own serial,
-- where one was named, and the hash of its request or certificate: it counts once.
CREATE TABLE line (
	product TEXT PRIMARY KEY NOT NULL REFERENCES product (name),
	duplicates INTEGER NOT NULL,
	serial TEXT NOT NULL,
	moment INTEGER NOT NULL,
	unit TEXT NOT NULL,
	request BLOB NOT NULL
);
