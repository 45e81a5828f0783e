-- What the linter only warned about when a device's certificate was imported (IP
-- 10): codes, "L01 L05".
ALTER TABLE device ADD COLUMN warnings TEXT NOT NULL DEFAULT '';
