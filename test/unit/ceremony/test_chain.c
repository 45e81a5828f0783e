/* How ceremonies follow each other: by manifest, by date, none twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ceremony/bundle.h"

#define DAY 86400

static struct link links[4];
static struct why why;

/* Ceremony n, on day n, after n - 1. */
static void
put(unsigned at, uint8_t n)
{
	struct link *l = &links[at];

	memset(l, 0, sizeof(*l));
	snprintf(l->name, sizeof(l->name), "bundle-%u", n);
	l->manifest[0] = n;
	l->previous[0] = (uint8_t)(n - 1);
	l->follows = n > 1;
	l->begin = n * DAY;
	l->end = l->begin + 3600;
}

static void
refused(unsigned len, const char *words)
{
	assert_int_equal(chain_check(links, len, &why), REASON_EVIDENCE_CHAIN);
	if (strstr(why.text, words) == NULL)
		fail_msg("%s, not: %s", why.text, words);
}

static void
a_row_in_any_order_holds(void **state)
{
	(void)state;
	put(0, 3);
	put(1, 1);
	put(2, 4);
	put(3, 2);
	assert_int_equal(chain_check(links, 4, &why), REASON_OK);
}

static void
a_gap_is_named(void **state)
{
	(void)state;
	put(0, 1);
	put(1, 3);
	refused(2, "bundle-3 follows a ceremony that is missing: 02");
	put(0, 2);
	refused(2, "bundle-2 follows a ceremony that is missing: 01");
}

static void
a_fork_is_named(void **state)
{
	(void)state;
	put(0, 1);
	put(1, 2);
	put(2, 2);
	links[2].manifest[0] = 9;
	refused(3, "bundle-2 follows the same ceremony as bundle-2");
	put(0, 1);
	put(1, 2);
	links[1].follows = false;
	refused(2, "bundle-1 begins the chain, and so does bundle-2");
}

static void
one_given_twice_is_named(void **state)
{
	(void)state;
	put(0, 1);
	put(1, 1);
	refused(2, "is the same ceremony as");
}

static void
dates_must_follow(void **state)
{
	(void)state;
	put(0, 1);
	put(1, 2);
	links[1].begin = links[0].end;
	assert_int_equal(chain_check(links, 2, &why), REASON_OK);
	links[1].begin--;
	refused(2, "bundle-2 began before the end of bundle-1");
}

static void
a_rehearsal_among_real_ones_is_named(void **state)
{
	(void)state;
	put(0, 1);
	put(1, 2);
	links[1].rehearsal = true;
	refused(2, "bundle-2 is a rehearsal, and not so bundle-1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_in_any_order_holds),
		cmocka_unit_test(a_gap_is_named),
		cmocka_unit_test(a_fork_is_named),
		cmocka_unit_test(one_given_twice_is_named),
		cmocka_unit_test(dates_must_follow),
		cmocka_unit_test(a_rehearsal_among_real_ones_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
