-- A slot may pass from a retired issuing CA to its successor (IP 5.2): whose it is,
-- and that no other gets it, is the ledger's to say.
DROP INDEX ca_slot;
