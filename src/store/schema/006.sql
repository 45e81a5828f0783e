-- Facts have grown; those that wait for the re-check are in the old form, and
-- an operator need not be told that they differ.
UPDATE voucher SET facts = x'', recheck = 0 WHERE recheck = 1;

-- Public CAs that an operator named, beside those that are built in
-- (model/public_ca.h).
CREATE TABLE public_ca (
	spki BLOB PRIMARY KEY NOT NULL,
	name BLOB NOT NULL,
	subject TEXT NOT NULL,
	added INTEGER NOT NULL
);

-- Customers, with what their vouchers shall pin: a wish for each format, 0 = the
-- product decides (model/product.h).
CREATE TABLE customer (
	name TEXT PRIMARY KEY NOT NULL,
	pin_cms INTEGER NOT NULL,
	pin_jws INTEGER NOT NULL,
	pin_cose INTEGER NOT NULL,
	added INTEGER NOT NULL
);
-- By these a customer is known; kind: 1 domain CA, 2 registrar. A row stays when
-- it is forgotten: vouchers of before rest on it.
CREATE TABLE customer_certificate (
	customer TEXT NOT NULL REFERENCES customer (name),
	kind INTEGER NOT NULL,
	spki BLOB NOT NULL,
	issuer_name BLOB NOT NULL,
	domain_id BLOB NOT NULL,
	public_policy INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	subject TEXT NOT NULL,
	certificate BLOB NOT NULL,
	since INTEGER NOT NULL,
	until INTEGER NOT NULL
);
CREATE UNIQUE INDEX customer_certificate_spki ON customer_certificate (spki)
	WHERE until = 0;
CREATE INDEX customer_certificate_customer ON customer_certificate
	(customer, since);
