-- Fewer trees to write for a voucher. The newest record of a signer is found by
-- its primary key, and the newest voucher for the same bytes without a sort.
DROP INDEX journal_moment;
DROP INDEX voucher_request;
CREATE INDEX voucher_request ON voucher (request, created, sequence);
