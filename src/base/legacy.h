/*
 * Forms that the field still writes and the standards have left (MP 16, 10.4).
 * One list for configuration, decoders, counters and manuals: each form has a
 * name, stands behind a switch of that name, and its use is counted
 * (doc/decisions/026). A set of them is a number, one bit a form.
 */
#ifndef BASE_LEGACY_H
#define BASE_LEGACY_H

#include "wire/span.h"

/* Numbers are for ever: products keep their sets. */
enum legacy_form {
	LEGACY_UNATTRIBUTED = 0,
	LEGACY_LAYOUT_2019 = 1,
	LEGACY_PATHS = 2,
	LEGACY_MEDIA_PKCS7 = 3,
	LEGACY_MEDIA_COSE = 4,
	LEGACY_MEDIA_JOSE = 5,
	LEGACY_MEDIA_NONE = 6,
	LEGACY_BASE64 = 7,
	LEGACY_ROOTS = 8,
	LEGACY_VOUCHER_ROOT = 9,
	LEGACY_UNSIGNED_PRIOR = 10,
	LEGACY_COUNT
};
#define LEGACY(form) (1u << (form))
#define LEGACY_ALL   (LEGACY(LEGACY_COUNT) - 1)
/* Those that a front can see: in path and header. */
#define LEGACY_OUTSIDE                                              \
	(LEGACY(LEGACY_PATHS) | LEGACY(LEGACY_MEDIA_PKCS7) |        \
	    LEGACY(LEGACY_MEDIA_COSE) | LEGACY(LEGACY_MEDIA_JOSE) | \
	    LEGACY(LEGACY_MEDIA_NONE))

struct legacy {
	const char *name; /* the switch is "legacy-" and this */
	const char *clause;
	const char *what;
	bool product; /* its switch is of a product, else of [masa] */
	bool on;      /* by default */
};
const struct legacy *legacy_form(enum legacy_form form);
/* Those of [masa] that are on by default. */
unsigned legacy_defaults(void);
/* The form of a switch, "legacy-paths"; LEGACY_COUNT if there is none such of a
 * product, or of [masa]. */
enum legacy_form legacy_switch(struct span name, bool product);
/* "paths,base64" in the order of the list; "" for none. */
#define LEGACY_TEXT_SIZE 160
void legacy_print(char out[LEGACY_TEXT_SIZE], unsigned set);

#endif
