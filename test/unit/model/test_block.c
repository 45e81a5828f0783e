/* Names on the blocklist (MP 5 row 0b). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "model/block.h"

#define HEX32 "00112233445566778899aabbccddeeff"

static void
names(void **state)
{
	static const struct {
		const char *text, *again; /* NULL: refused */
	} cases[] = {
		{ "key:" HEX32 HEX32, "key:" HEX32 HEX32 },
		{ "certificate:" HEX32 HEX32, "certificate:" HEX32 HEX32 },
		{ "address:192.0.2.7", "address:192.0.2.7/32" },
		{ "address:192.0.2.0/24", "address:192.0.2.0/24" },
		{ "address:128.0.0.0/8", "address:128.0.0.0/8" },
		{ "address:2001:db8::/32", "address:2001:db8::/32" },
		{ "address:2001:db8::1", "address:2001:db8::1/128" },
		{ "address:::ffff:192.0.2.0/120", "address:192.0.2.0/24" },
		{ "address:::ffff:10.0.0.0/104", "address:10.0.0.0/8" },
		{ "address:::/81", "address:::/81" },
		{ "address:64:ff9b::/96", "address:64:ff9b::/96" },
		{ "", NULL },
		{ "key:", NULL },
		{ "key:" HEX32, NULL },
		{ "key:" HEX32 HEX32 "00", NULL },
		{ "key:" HEX32 "g" HEX32, NULL },
		{ "sha256:" HEX32 HEX32, NULL },
		{ "address:", NULL },
		{ "address:192.0.2", NULL },
		{ "address:192.0.2.1/24", NULL }, /* bits behind it */
		{ "address:192.0.2.0/33", NULL },
		{ "address:192.0.2.0/", NULL },
		{ "address:192.0.2.0/024", NULL },
		{ "address:0.0.0.0/0", NULL },
		{ "address:10.0.0.0/7", NULL },
		{ "address:::/0", NULL },
		{ "address:2000::/15", NULL },
		{ "address:2001:db8::/129", NULL },
		/* All of IPv4, or a part that is too much of it, as IPv6. */
		{ "address:::ffff:0:0/96", NULL },
		{ "address:::ffff:0.0.0.0/97", NULL },
		{ "address:::ffff:128.0.0.0/103", NULL },
		{ "address:::/16", NULL },
		{ "address:::/80", NULL },
		{ "address:localhost", NULL },
	};
	struct block_name n, again;
	char text[BLOCK_TEXT_MAX];
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum reason r =
		    block_name_read(&n, span_str(cases[i].text), &why);

		if (cases[i].again == NULL) {
			if (r != REASON_ADMIN_ARGUMENT)
				fail_msg("%s is taken", cases[i].text);
			assert_true(why.text[0] != '\0');
			continue;
		}
		if (r != REASON_OK)
			fail_msg("%s: %s", cases[i].text, why.text);
		block_name_print(text, &n);
		assert_string_equal(text, cases[i].again);
		assert_int_equal(
		    block_name_read(&again, span_str(text), &why), REASON_OK);
		assert_memory_equal(&n, &again, sizeof(n));
	}
}

static void
covers(void **state)
{
	static const struct {
		const char *prefix, *address;
		bool covered;
	} cases[] = {
		{ "address:192.0.2.0/24", "192.0.2.255", true },
		{ "address:192.0.2.0/24", "192.0.3.0", false },
		{ "address:192.0.2.128/25", "192.0.2.128", true },
		{ "address:192.0.2.128/25", "192.0.2.127", false },
		{ "address:192.0.2.7", "192.0.2.7", true },
		{ "address:192.0.2.7", "192.0.2.6", false },
		{ "address:2001:db8::/33", "2001:db8:7fff::1", true },
		{ "address:2001:db8::/33", "2001:db8:8000::1", false },
		{ "address:2001:db8::1", "2001:db8::1", true },
		/* An IPv4 prefix covers no IPv6, and the other way round. */
		{ "address:2001:db8::/32", "32.1.13.184", false },
	};
	uint8_t address[BLOCK_ADDRESS];
	struct block_name n;
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    block_name_read(&n, span_str(cases[i].prefix), &why),
		    REASON_OK);
		assert_true(block_address_read(address, cases[i].address));
		if (block_covers(&n, address) != cases[i].covered)
			fail_msg("%s, %s", cases[i].prefix, cases[i].address);
	}
	assert_false(block_address_read(address, ""));
	assert_false(block_address_read(address, "192.0.2.1:443"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
