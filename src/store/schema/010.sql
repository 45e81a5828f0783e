-- Existing serials (IP 5.2 import mode): the scheme that a product declares.
ALTER TABLE product ADD COLUMN scheme TEXT NOT NULL DEFAULT '';

-- They come with the order, have no slot, and two product lines may have the same:
-- so serial and product together name a row. One of ours is one for all products.
CREATE TABLE serial_next (
	serial TEXT NOT NULL,
	product TEXT NOT NULL,
	slot TEXT NOT NULL,
	counter INTEGER NOT NULL,
	csr BLOB NOT NULL,
	spki BLOB NOT NULL,
	state INTEGER NOT NULL,
	PRIMARY KEY (serial, product)
);
INSERT INTO serial_next SELECT serial, product, slot, counter, csr, spki, state
	FROM serial;
DROP TABLE serial;
ALTER TABLE serial_next RENAME TO serial;
CREATE UNIQUE INDEX serial_own ON serial (serial) WHERE slot <> '';
CREATE INDEX serial_csr ON serial (csr);
CREATE UNIQUE INDEX serial_spki ON serial (spki) WHERE state <> 3;
CREATE INDEX serial_slot ON serial (slot, counter);
