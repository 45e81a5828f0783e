-- What was ruled on devices, customers and peers (doc/decisions/068): rows that are
-- never changed, numbered from 1 for each of them. Moment 0 and user -1: of before
-- they were kept (the act in the journal says); user -1 with a moment: nobody, the
-- service itself. first and second are fingerprints of two operators' SSH keys.
CREATE TABLE ruling (
	kind INTEGER NOT NULL,
	name TEXT NOT NULL,
	issuer_kind INTEGER NOT NULL,
	issuer BLOB NOT NULL,
	number INTEGER NOT NULL,
	state INTEGER NOT NULL,
	moment INTEGER NOT NULL,
	user INTEGER NOT NULL,
	cause TEXT NOT NULL,
	note TEXT NOT NULL,
	until INTEGER NOT NULL,
	first BLOB NOT NULL,
	second BLOB NOT NULL,
	PRIMARY KEY (kind, name, issuer_kind, issuer, number)
);
-- device.note is not read any more; without it ten million rows would have to be
-- written anew.
INSERT INTO ruling SELECT 1, serial, issuer_kind, issuer, 1, state, 0, -1, '', note,
	0, x'', x'' FROM device WHERE state <> 1;

-- Holds that lapse by themselves: those in force, and no others.
CREATE TABLE lapse (
	serial TEXT NOT NULL,
	issuer_kind INTEGER NOT NULL,
	issuer BLOB NOT NULL,
	until INTEGER NOT NULL,
	PRIMARY KEY (serial, issuer_kind, issuer)
);
CREATE INDEX lapse_until ON lapse (until);

-- An end was an empty root before.
ALTER TABLE peer ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
UPDATE peer SET ended = 1 WHERE length(root) = 0;
INSERT INTO ruling SELECT 3, name, 0, x'', 1, 3, 0, -1, '', '', 0, x'', x''
	FROM peer WHERE ended = 1;
ALTER TABLE customer ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
