-- What the pledges of a product understand: a list of formats, two bits each
-- (model/names.h), and what of a registrar their vouchers pin. The farthest CA
-- is what pin by format means in CMS, which was all there was.
ALTER TABLE product ADD COLUMN formats INTEGER NOT NULL DEFAULT 1;
ALTER TABLE product ADD COLUMN pin_kind INTEGER NOT NULL DEFAULT 1;
UPDATE product SET pin = 4 WHERE pin = 1;

-- The format of the artifact, for those who ask again.
ALTER TABLE voucher ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
