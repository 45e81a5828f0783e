-- How many rows there are of what only grows, kept by the groups that add them:
-- whoever counted ten million devices would keep everybody else waiting.
CREATE TABLE total (
	name TEXT PRIMARY KEY NOT NULL,
	number INTEGER NOT NULL
);
INSERT INTO total SELECT 'device', count(*) FROM device;
INSERT INTO total SELECT 'voucher', count(*) FROM voucher;

-- Who got no voucher for long is looked for every ten minutes, and what is on file
-- for a key with each re-check.
CREATE INDEX client_served_moment ON client_served (moment);
CREATE INDEX customer_certificate_key ON customer_certificate (spki);
