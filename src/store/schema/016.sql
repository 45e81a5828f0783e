-- Which unit of a product line counted last: its own serial, where one was named, and the
-- hash of its request or certificate. It counts once.
ALTER TABLE line ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE line ADD COLUMN request BLOB NOT NULL DEFAULT x'';
