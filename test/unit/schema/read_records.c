/* Reads records in hexadecimal, one a line: 1 for each that the code takes, or 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/ledger.h"

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static bool
taken(struct span bytes)
{
	struct ledger l = { .sequence = 0 };
	struct record r;
	struct why why;
	bool good;

	if (record_read(bytes, &r, &why) != REASON_OK)
		return false;
	if (r.kind != RECORD_CHECKPOINT)
		return true;
	good = ledger_read(r.checkpoint, &l, &why) == REASON_OK;
	ledger_free(&l);
	return good;
}

int
main(void)
{
	static char line[2 * RECORD_MAX + 4];
	static uint8_t bytes[RECORD_MAX + 1];
	size_t len;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		for (len = 0; line[2 * len] > ' '; len++)
			bytes[len] = (uint8_t)(digit(line[2 * len]) << 4 |
			    digit(line[2 * len + 1]));
		puts(taken(span_of(bytes, len)) ? "1" : "0");
	}
	return 0;
}
