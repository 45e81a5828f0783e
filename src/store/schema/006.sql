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
