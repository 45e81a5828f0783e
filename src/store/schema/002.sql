-- The re-check: what was issued is derived once more from the bytes that led to
-- it. Each distinct request is kept once, as long as hallmark.ini says.
CREATE TABLE request (
	sha256 BLOB PRIMARY KEY NOT NULL,
	moment INTEGER NOT NULL,
	bytes BLOB NOT NULL
);
CREATE INDEX request_moment ON request (moment);

-- The facts that a voucher rests on, until they were derived again (facts.h);
-- recheck: 0 not to be, 1 waiting, 2 the same, 3 not the same.
ALTER TABLE voucher ADD COLUMN facts BLOB NOT NULL DEFAULT x'';
ALTER TABLE voucher ADD COLUMN recheck INTEGER NOT NULL DEFAULT 0;
CREATE INDEX voucher_recheck ON voucher (created, sequence) WHERE recheck = 1;

-- One row: how far it has come, and the difference that stopped issuing.
CREATE TABLE recheck (
	one INTEGER PRIMARY KEY NOT NULL,
	checked INTEGER NOT NULL,
	stopped INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	serial TEXT NOT NULL,
	request BLOB NOT NULL,
	field TEXT NOT NULL,
	moment INTEGER NOT NULL
);
INSERT INTO recheck VALUES (1, 0, 0, 0, '', x'', '', 0);
