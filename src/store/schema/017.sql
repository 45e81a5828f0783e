-- Whose a device is, is asked of its vouchers by what they pin: of many of them by none
-- but those (doc/decisions/078).
CREATE INDEX voucher_pin ON voucher (serial, issuer_kind, issuer, pin_spki, created);
DROP INDEX serial_csr;
