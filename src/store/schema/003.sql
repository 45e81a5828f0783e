-- Clients that an operator has blocked (MP 5 row 0b). Those that the authority
-- blocks by itself are remembered by it alone.
CREATE TABLE client_block (
	kind INTEGER NOT NULL,
	bits INTEGER NOT NULL,
	name BLOB NOT NULL,
	since INTEGER NOT NULL,
	until INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (kind, bits, name)
);

-- Client certificates under which a voucher was given, and when last: these are
-- never blocked by themselves.
CREATE TABLE client_served (
	client BLOB PRIMARY KEY NOT NULL,
	moment INTEGER NOT NULL
);
INSERT INTO client_served SELECT client, max(created) FROM voucher
	WHERE delivered = 1 GROUP BY client;
