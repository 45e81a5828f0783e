/* Serial numbers of ours (IP 5.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "model/serial.h"

#define SIXTY "012345678901234567890123456789012345678901234567890123456789"

static struct product
router(void)
{
	struct product p;

	product_defaults(&p);
	memcpy(p.token, "AR9", 4);
	p.counter_width = 4;
	return p;
}

/* The value that the profile prints: AR9-F1-0001 gives 6. */
static void
check_character(void **state)
{
	(void)state;
	assert_int_equal(serial_check_character(span_str("AR9-F1-0001")), '6');
	/* ISO 7064 MOD 37,36: whole text with its character ends at 1. */
	assert_int_not_equal(
	    serial_check_character(span_str("AR9-F1-0010")), '6');
	assert_int_equal(serial_check_character(span_str("AR9F10001")), '6');
	/* A letter: the example that the GRid handbook prints. */
	assert_int_equal(
	    serial_check_character(span_str("A12425GABC1234002")), 'M');
}

static void
format(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = { { 1, "AR9-F1-0001-6" }, { 31, "AR9-F1-000Z" },
		{ 32, "AR9-F1-0010" }, { 18, "AR9-F1-000J" },
		{ 1048575, "AR9-F1-ZZZZ" } };
	struct product p = router();
	char serial[SERIAL_MAX + 1];
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_int_equal(
		    serial_format(serial, &p, "F1", cases[i].n, &why),
		    REASON_OK);
		assert_memory_equal(
		    serial, cases[i].text, strlen(cases[i].text));
		assert_int_equal(strlen(serial), 13);
	}
	assert_int_equal(serial_format(serial, &p, "F1", 1048576, &why),
	    REASON_SERIAL_EXHAUSTED);
	p.check_character = false;
	assert_int_equal(serial_format(serial, &p, "F1", 1, &why), REASON_OK);
	assert_string_equal(serial, "AR9-F1-0001");
	assert_int_equal(
	    serial_format(serial, &p, "f1", 1, &why), REASON_SERIAL_SYNTAX);
	p.counter_width = 12;
	assert_int_equal(serial_format(serial, &p, "F1", 1, &why), REASON_OK);
	assert_string_equal(serial, "AR9-F1-000000000001");
	p.counter_width = 13;
	assert_int_equal(
	    serial_format(serial, &p, "F1", 1, &why), REASON_SERIAL_SYNTAX);
	p.counter_width = 3;
	assert_int_equal(
	    serial_format(serial, &p, "F1", 1, &why), REASON_SERIAL_SYNTAX);
	p.counter_width = 4;
	p.token[0] = '\0';
	assert_int_equal(
	    serial_format(serial, &p, "F1", 1, &why), REASON_SERIAL_SYNTAX);
}

static void
parse(void **state)
{
	static const struct {
		const char *text;
		enum reason reason;
	} cases[] = {
		{ "AR9-F1-0001-6", REASON_OK },
		{ "AR9-F1-0001-7", REASON_SERIAL_SYNTAX },
		{ "AR9-F1-0001", REASON_SERIAL_SYNTAX },
		{ "AR9-F1-0001-6-", REASON_SERIAL_SYNTAX },
		{ "AR9-F1-001-6", REASON_SERIAL_SYNTAX },
		{ "AR9-F1-00I1-6", REASON_SERIAL_SYNTAX },
		{ "AR9-F1-000", REASON_SERIAL_SYNTAX },
		{ "AR9-F2-0001-6", REASON_SERIAL_SLOT },
		{ "AR8-F1-0001-6", REASON_SERIAL_SLOT },
		{ "", REASON_SERIAL_SLOT },
		{ "AR9-F1-", REASON_SERIAL_SYNTAX },
		{ "AR9-F1.0001-6", REASON_SERIAL_SLOT },
	};
	struct product p = router();
	struct why why;
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    serial_parse(span_str(cases[i].text), &p, "F1", &n, &why),
		    cases[i].reason);
	assert_int_equal(
	    serial_parse(span_str("AR9-F1-0001-6"), &p, "F1", &n, &why),
	    REASON_OK);
	assert_int_equal(n, 1);
	/* NUL is no digit. */
	assert_int_equal(
	    serial_parse(span_of("AR9-F1-ZZZ\0-6", 13), &p, "F1", &n, &why),
	    REASON_SERIAL_SYNTAX);
}

/* Every single error and every exchange of neighbours is seen: what the check
 * character is there for. */
static void
errors_are_seen(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct product p = router();
	char good[SERIAL_MAX + 1], bad[SERIAL_MAX + 1];
	struct why why;
	uint64_t n, got;
	unsigned i, d;

	(void)state;
	for (n = 1; n < 1048576; n += 7919) {
		assert_int_equal(
		    serial_format(good, &p, "F1", n, &why), REASON_OK);
		for (i = 7; i < 11; i++) {
			for (d = 0; d < 32; d++) {
				memcpy(bad, good, sizeof(bad));
				bad[i] = digits[d];
				assert_int_equal(
				    serial_parse(span_str(bad), &p, "F1", &got,
					&why) == REASON_OK,
				    bad[i] == good[i]);
			}
		}
		for (i = 7; i < 10; i++) {
			memcpy(bad, good, sizeof(bad));
			bad[i] = good[i + 1];
			bad[i + 1] = good[i];
			assert_int_equal(serial_parse(span_str(bad), &p, "F1",
					     &got, &why) == REASON_OK,
			    good[i] == good[i + 1]);
		}
	}
}

static void
alphabet(void **state)
{
	static const char *const good[] = { "00-D0-E5-F2-00-02", "A", "AZaz09",
		"a b'(c)+,-./:=?", SIXTY "0123" };
	static const char *const bad[] = { "", "A_B", "A*B", "A#", "A@B", "A&B",
		"\xc3\xa9", "A\n", SIXTY "01234" };
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(
		    serial_check(span_str(good[i]), &why), REASON_OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    serial_check(span_str(bad[i]), &why), REASON_SERIAL_SYNTAX);
	assert_int_equal(
	    serial_check(span_of("A\0B", 3), &why), REASON_SERIAL_SYNTAX);
}

static void
look_alikes(void **state)
{
	(void)state;
	assert_true(token_alike("AR0", "ARO"));
	assert_true(token_alike("L1I", "111"));
	assert_false(token_alike("AR9", "AR8"));
	assert_false(token_alike("AR", "AR0"));
	assert_false(token_alike("AR0", "AR"));
	assert_true(token_alike("az", "AZ"));
	assert_false(token_alike("{", "["));
	assert_true(slot_valid("F1"));
	assert_false(slot_valid("F"));
	assert_false(slot_valid("F1F1F"));
	assert_false(slot_valid("f1"));
	assert_false(slot_valid("Ff"));
	assert_true(slot_valid("AZ09"));
	assert_false(slot_valid("F@"));
	assert_false(slot_valid("F["));
	assert_false(slot_valid("F/"));
	assert_false(slot_valid("F:"));
}

/* Places for digits, all else as it stands; no serial of two schemes at once, as
 * it is written and as it is read. */
static void
schemes(void **state)
{
	static const char *const bad[] = { "", "SN", "sn##", " ##", "## ",
		"SN_##", "AR9-F1-######", "ARO-FI-####-#", "A1-B2-%%%%",
		"%%%%%%%%%%%%%", "SN-2024-######" };
	static const char *const good[] = { "00-D0-E5-F2-%%-%%", "########",
		"SN########", "%%%%%%%%%%%%", "AR9-F1-###", "AR9/F1-####",
		"ABCDEFG-F1-####" };
	struct why why;
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    scheme_check(bad[i], &why), REASON_SERIAL_SYNTAX);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(scheme_check(good[i], &why), REASON_OK);
	assert_int_equal(scheme_parse(span_str("00-D0-E5-F2-0A-10"),
			     "00-D0-E5-F2-%%-%%", &n, &why),
	    REASON_OK);
	assert_int_equal(n, 0x0a10);
	assert_int_equal(
	    scheme_parse(span_str("SN0412"), "SN####", &n, &why), REASON_OK);
	assert_int_equal(n, 412);
	assert_int_equal(scheme_parse(span_str("SN04A2"), "SN####", &n, &why),
	    REASON_SERIAL_SYNTAX);
	assert_int_equal(why.offset, 4);
	assert_int_equal(scheme_parse(span_str("SN04120"), "SN####", &n, &why),
	    REASON_SERIAL_SYNTAX);
	assert_int_equal(
	    scheme_parse(span_str("0a"), "%%", &n, &why), REASON_SERIAL_SYNTAX);
	assert_true(schemes_meet("00-%%", "##-0#", false));
	assert_false(schemes_meet("00-%%", "##-G#", false));
	assert_false(schemes_meet("SO##", "S0##", false));
	assert_true(schemes_meet("SO##", "S0##", true));
	assert_true(schemes_meet("SL##", "S###", true));
	assert_false(schemes_meet("SN##", "SN###", true));
}

static void
reads_like_ours(void **state)
{
	char token[PRODUCT_TOKEN_MAX + 1], slot[SLOT_TOKEN_MAX + 1];

	(void)state;
	assert_true(serial_reads_like_ours("ar9-Fl-OOO1-6", token, slot));
	assert_string_equal(token, "ar9");
	assert_string_equal(slot, "Fl");
	assert_true(token_alike(slot, "F1"));
	assert_true(serial_reads_like_ours("AR9-F1-000001", token, slot));
	assert_false(serial_reads_like_ours("AR9-F1-00U001", token, slot));
	assert_false(serial_reads_like_ours("AR9-F1-0001-66", token, slot));
	assert_false(serial_reads_like_ours("AR9-F1-0001-", token, slot));
	assert_false(serial_reads_like_ours("AR9-F1", token, slot));
	assert_false(serial_reads_like_ours("00-D0-E5-F2-00-02", token, slot));
	assert_int_equal(serial_counter_width("AR9-F1-000001-6"), 6);
	assert_int_equal(serial_counter_width("AR9-F1"), 0);
	assert_int_equal(serial_counter_width("AR9"), 0);
	assert_int_equal(serial_counter_width("AR9-F1-001"), 0);
	assert_int_equal(serial_counter_width("AR9-F1-0001"), 4);
	assert_int_equal(serial_counter_width("AR9-F1-000000000001-6"), 12);
	assert_int_equal(serial_counter_width("AR9-F1-0000000000001"), 0);
	assert_int_equal(serial_counter_max(4), 1048575);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_character),
		cmocka_unit_test(format),
		cmocka_unit_test(parse),
		cmocka_unit_test(errors_are_seen),
		cmocka_unit_test(alphabet),
		cmocka_unit_test(look_alikes),
		cmocka_unit_test(schemes),
		cmocka_unit_test(reads_like_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
