/* Health tests of randomness: what is none is refused, what is passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/random.h"
#include "ceremony/host.h"

#define SAMPLE 4096

static enum reason
octets(const uint8_t *sample)
{
	struct health h;
	struct why why;

	entropy_measure(span_of(sample, SAMPLE), &h);
	assert_int_equal(h.octets, SAMPLE);
	return entropy_check(&h, &why);
}

static void
kernel_passes(void **state)
{
	struct health h;
	struct why why;
	unsigned i;

	(void)state;
	for (i = 0; i < 200; i++) {
		assert_int_equal(host_check_kernel(&h, &why), REASON_OK);
		assert_true(h.run >= 1 && h.often >= 1);
	}
	h.octets--;
	assert_int_equal(entropy_check(&h, &why), REASON_CEREMONY_ENTROPY);
}

static void
stuck_octets_are_seen(void **state)
{
	uint8_t sample[SAMPLE];
	unsigned i;

	(void)state;
	memset(sample, 0, sizeof(sample));
	assert_int_equal(octets(sample), REASON_CEREMONY_ENTROPY);
	/* Five in a row may be chance, six are none; wherever they are. */
	for (i = 0; i < SAMPLE; i++)
		sample[i] = (uint8_t)(i * 7);
	assert_int_equal(octets(sample), REASON_OK);
	memset(sample + SAMPLE - 5, 1, 5);
	assert_int_equal(octets(sample), REASON_OK);
	memset(sample + SAMPLE - 6, 1, 6);
	assert_int_equal(octets(sample), REASON_CEREMONY_ENTROPY);
}

/* The first octet of a window, again and again in it. */
static void
frequent_octets_are_seen(void **state)
{
	uint8_t sample[SAMPLE];
	unsigned i, more;

	(void)state;
	for (more = 17; more <= 18; more++) {
		for (i = 0; i < SAMPLE; i++)
			sample[i] = (uint8_t)(i * 7);
		/* Two of the 512 are there by themselves. */
		for (i = 0; i < more; i++)
			sample[1024 + 3 + i * 20] = sample[1024];
		assert_int_equal(octets(sample),
		    more == 17 ? REASON_OK : REASON_CEREMONY_ENTROPY);
	}
}

static void
dice_are_counted(void **state)
{
	static const char *const bad[] = { "",
		"1234561234561234561234561234561234561234561234561", /* 49 */
		"1111111111111111111111111111123456111111111111111111111111",
		"1212121212121212121212121212121212121212121212121212" };
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(entropy_check_text(span_str(bad[i]), &why),
		    REASON_CEREMONY_ENTROPY);
	assert_int_equal(
	    entropy_check_text(
		span_str("12345612345612345612345612345612345612345612345612"),
		&why),
	    REASON_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_passes),
		cmocka_unit_test(stuck_octets_are_seen),
		cmocka_unit_test(frequent_octets_are_seen),
		cmocka_unit_test(dice_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
