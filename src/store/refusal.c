/* What was refused, as far back as there is room. */
#include "store/internal.h"

bool
store_refusal_add(struct store *s, int64_t now, enum request_kind kind,
    enum reason reason, const char *text, const char *serial,
    const uint8_t request[HASH_SIZE], const uint8_t client[HASH_SIZE],
    const char *address, const char *correlation)
{
	return store_change(s,
	    "INSERT INTO refusal (moment, kind, reason, "
	    "detail, serial, request, client, address, correlation) VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	    VALUES(value_number(now), value_number(kind),
		value_text(reason_code(reason)), value_text(text),
		value_text(serial), value_bytes(request, HASH_SIZE),
		value_bytes(client, HASH_SIZE), value_text(address),
		value_text(correlation)));
}

void
store_refusal_trim(struct store *s, uint64_t n)
{
	(void)store_change(s,
	    "DELETE FROM refusal WHERE number <= "
	    "(SELECT max(number) FROM refusal) - ?1",
	    VALUES(value_number((int64_t)n)));
}
