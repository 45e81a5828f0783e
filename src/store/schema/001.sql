-- The first schema. What a journal can give back (keys, vouchers, the audit log,
-- which serials are used) stands beside what only a backup can (devices, chains,
-- products, holds, refusals).

CREATE TABLE product (
	name TEXT PRIMARY KEY NOT NULL,
	token TEXT NOT NULL,
	masa_url TEXT NOT NULL,
	counter_width INTEGER NOT NULL,
	check_character INTEGER NOT NULL,
	pin INTEGER NOT NULL,
	audit_only INTEGER NOT NULL,
	emit_id_data INTEGER NOT NULL,
	legacy_unattributed INTEGER NOT NULL,
	import_only INTEGER NOT NULL,
	key_usage INTEGER NOT NULL
);

CREATE TABLE ca (
	name TEXT PRIMARY KEY NOT NULL,
	purpose INTEGER NOT NULL,
	slot TEXT NOT NULL,
	state INTEGER NOT NULL,
	created INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	key_id BLOB NOT NULL,
	chain BLOB NOT NULL
);
CREATE UNIQUE INDEX ca_slot ON ca (slot) WHERE slot <> '';

CREATE TABLE device (
	serial TEXT NOT NULL,
	issuer_kind INTEGER NOT NULL,
	issuer BLOB NOT NULL,
	issuer_name BLOB NOT NULL,
	product TEXT NOT NULL REFERENCES product (name),
	spki BLOB NOT NULL,
	certificate_hash BLOB NOT NULL,
	key_slot INTEGER NOT NULL,
	tag BLOB NOT NULL,
	state INTEGER NOT NULL,
	origin INTEGER NOT NULL,
	certificate BLOB NOT NULL,
	ca TEXT NOT NULL,
	note TEXT NOT NULL,
	added INTEGER NOT NULL,
	PRIMARY KEY (serial, issuer_kind, issuer)
);
CREATE UNIQUE INDEX device_spki ON device (spki);
CREATE INDEX device_product ON device (product, serial);
-- Small: few units are not active.
CREATE INDEX device_state ON device (state, serial) WHERE state <> 1;

-- A serial of ours from its reservation on; a burnt one never comes back.
CREATE TABLE serial (
	serial TEXT PRIMARY KEY NOT NULL,
	product TEXT NOT NULL,
	slot TEXT NOT NULL,
	counter INTEGER NOT NULL,
	csr BLOB NOT NULL,
	spki BLOB NOT NULL,
	state INTEGER NOT NULL
);
CREATE INDEX serial_csr ON serial (csr);
-- One living serial for a key, reserved ones too (R-2.8).
CREATE UNIQUE INDEX serial_spki ON serial (spki) WHERE state <> 3;
CREATE INDEX serial_slot ON serial (slot, counter);

-- Requests granted, the vouchers given, and the audit log, which are one thing:
-- each row stands for one record of a journal.
CREATE TABLE voucher (
	signer BLOB NOT NULL,
	sequence INTEGER NOT NULL,
	serial TEXT NOT NULL,
	issuer_kind INTEGER NOT NULL,
	issuer BLOB NOT NULL,
	request BLOB NOT NULL,
	created INTEGER NOT NULL,
	nonce TEXT NOT NULL,
	assertion INTEGER NOT NULL,
	domain_id BLOB NOT NULL,
	pin_spki BLOB NOT NULL,
	delivered INTEGER NOT NULL,
	client BLOB NOT NULL,
	address TEXT NOT NULL,
	correlation TEXT NOT NULL,
	artifact BLOB NOT NULL,
	PRIMARY KEY (signer, sequence)
);
CREATE INDEX voucher_device ON voucher (serial, issuer_kind, issuer, created);
CREATE INDEX voucher_request ON voucher (request, created);

-- The copy of a signer's journal, record by record.
CREATE TABLE journal (
	signer BLOB NOT NULL,
	sequence INTEGER NOT NULL,
	moment INTEGER NOT NULL,
	sha256 BLOB NOT NULL,
	record BLOB NOT NULL,
	PRIMARY KEY (signer, sequence)
);
CREATE INDEX journal_moment ON journal (moment, sequence);

CREATE TABLE refusal (
	number INTEGER PRIMARY KEY NOT NULL,
	moment INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	reason TEXT NOT NULL,
	detail TEXT NOT NULL,
	serial TEXT NOT NULL,
	request BLOB NOT NULL,
	client BLOB NOT NULL,
	address TEXT NOT NULL,
	correlation TEXT NOT NULL
);
