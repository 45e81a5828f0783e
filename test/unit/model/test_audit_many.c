/* What the audit log of a device costs whose holder made as many events as he
 * liked. The module is compiled in here, so that its comparisons can be counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static unsigned long compared;

static int
compare(const void *a, const void *b, size_t len)
{
	compared++;
	return memcmp(a, b, len);
}

#define memcmp compare
#include "model/audit.c"
#undef memcmp

static struct audit_event events[AUDIT_SEEN_MAX];
static char text[65536 + 1];

/* What is written, with the truncation that it ends with. */
static const char *
written(uint64_t older)
{
	size_t len;

	assert_true(
	    audit_to_json(events, AUDIT_SEEN_MAX, older, text, 65536, &len));
	text[len] = '\0';
	return strstr(text, "\"truncation\"");
}

/* Each event has a domain of its own: not each is compared with each. */
static void
many_domains(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < AUDIT_SEEN_MAX; i++) {
		events[i].date = 1700000000 + (int64_t)i;
		strcpy(events[i].nonce, "nonce-01");
		events[i].assertion = ASSERTION_LOGGED;
		events[i].domain_id_len = 20;
		memcpy(events[i].domain_id, &i, sizeof(i));
	}
	compared = 0;
	assert_non_null(strstr(written(1024), "\"arbitrary\":1024}"));
	assert_true(compared > 0 && compared < 20 * AUDIT_SEEN_MAX);
	assert_non_null(strstr(text, "\"date\":\"2023-11-14T22:30:24Z\""));
}

/* What was not looked at is no duplicate of what stays. */
static void
one_domain(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < AUDIT_SEEN_MAX; i++)
		memset(events[i].domain_id, 1, 20);
	assert_non_null(strstr(written(7),
	    "\"nonced duplicates\":1024,\"nonceless duplicates\":0,"
	    "\"arbitrary\":7}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_domains),
		cmocka_unit_test(one_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
