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
