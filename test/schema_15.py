"""What schemas 15 and 17 of the store have added, and how a store of before lacks it."""

OF_17 = ["DROP INDEX voucher_pin", "CREATE INDEX serial_csr ON serial (csr)"]
TAKEN_BACK = OF_17 + ["ALTER TABLE product DROP COLUMN " + name
              for name in ("subject_key_id", "organization", "unit", "model",
                           "hw_type", "issuance_policy", "x5bag")]
TAKEN_BACK += ["ALTER TABLE device DROP COLUMN warnings"]
TAKEN_BACK += ["DROP TABLE " + name
               for name in ("masa_name", "certificate_number", "number_fill",
                            "line")]
TAKEN_BACK += ["DELETE FROM schema_version WHERE version > 14"]
