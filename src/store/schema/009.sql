-- Cloud registrars (MP 15.2): a customer's part with them, and where its devices
-- go. What authenticates its EST server is on file as kind 3, by which nobody is
-- known, so that the same key may be on file as something else.
ALTER TABLE customer ADD COLUMN cloud INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer ADD COLUMN est_domain TEXT NOT NULL DEFAULT '';
ALTER TABLE customer ADD COLUMN configuration_url TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_certificate ADD COLUMN ca INTEGER NOT NULL DEFAULT 0;
UPDATE customer_certificate SET ca = 1 WHERE kind = 1;
DROP INDEX customer_certificate_spki;
CREATE UNIQUE INDEX customer_certificate_spki ON customer_certificate (spki)
	WHERE until = 0 AND kind <> 3;

-- Octets that every voucher of a product carries, and whether a confirmed owner
-- makes it say "verified".
ALTER TABLE product ADD COLUMN proprietary BLOB NOT NULL DEFAULT x'';
ALTER TABLE product ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;

-- Whom a device was sold to: a fact of sales, which no journal gives back.
CREATE TABLE device_owner (
	serial TEXT NOT NULL,
	issuer_kind INTEGER NOT NULL,
	issuer BLOB NOT NULL,
	customer TEXT NOT NULL REFERENCES customer (name),
	since INTEGER NOT NULL,
	PRIMARY KEY (serial, issuer_kind, issuer)
);

-- Facts name the CAs that an agent's domain rests on. What waits for the re-check is
-- in the old form.
UPDATE voucher SET facts = x'', recheck = 0 WHERE recheck = 1;
