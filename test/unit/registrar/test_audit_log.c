/* Audit logs as a registrar reads them: the RFC's own example (whose counters
 * are strings), our own writer, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/audit.h"
#include "registrar/audit_log.h"

static struct audit_log audit;
static struct why why;

static void
reads_the_example(void **state)
{
	char text[8192];
	size_t len;
	FILE *f;

	(void)state;
	f = fopen(VECTORS "/rfc8995-appendix-c/auditlog-example.json", "rb");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (audit_log_read(span_of(text, len), &audit, &why) != REASON_OK)
		fail_msg("%s", why.text);
	assert_true(audit.len > 0);
}

static void
judges_what_we_write(void **state)
{
	struct audit_event events[] = {
		{ .date = 1,
		    .domain_id = "stranger",
		    .domain_id_len = 8,
		    .assertion = ASSERTION_LOGGED },
		{ .date = 2,
		    .domain_id = "ours",
		    .domain_id_len = 4,
		    .nonce = "12345678",
		    .assertion = ASSERTION_PROXIMITY },
		{ .date = 3,
		    .domain_id = "ours",
		    .domain_id_len = 4,
		    .assertion = ASSERTION_PROXIMITY },
		{ .date = 4,
		    .domain_id = "ours",
		    .domain_id_len = 4,
		    .nonce = "abcdefgh",
		    .assertion = ASSERTION_PROXIMITY },
	};
	struct audit_domains domains = { .len = 1 };
	struct audit_findings found;
	char text[4096];
	size_t len;

	(void)state;
	memcpy(domains.ids[0].id, "ours", 4);
	domains.ids[0].len = 4;
	assert_true(audit_to_json(events, 3, 0, text, sizeof(text), &len));
	assert_int_equal(
	    audit_log_read(span_of(text, len), &audit, &why), REASON_OK);
	audit_log_judge(&audit, &domains, &found);
	assert_int_equal(audit.len, 3);
	assert_int_equal(found.foreign, 1);
	assert_int_equal(found.nonceless, 1);
	assert_false(found.truncated);
	/* The fourth hides the second: something was left out. */
	assert_true(audit_to_json(events, 4, 0, text, sizeof(text), &len));
	assert_int_equal(
	    audit_log_read(span_of(text, len), &audit, &why), REASON_OK);
	audit_log_judge(&audit, &domains, &found);
	assert_true(found.truncated);
	assert_int_equal(audit.entries[0].date, 4);
	assert_int_equal(audit.entries[0].truncated, 1);
}

static void
refuses_what_is_no_log(void **state)
{
#define EVENT "\"domainID\":\"AQ==\",\"nonce\":null,\"assertion\":\"logged\""
#define DATE  "\"date\":\"2021-01-01T00:00:00Z\","
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"version\":2,\"events\":[]}",
		"{\"version\":1}",
		"{\"version\":1,\"events\":{}}",
		"{\"version\":1,\"events\":[7]}",
		"{\"version\":1,\"events\":[{" EVENT "}]}",
		"{\"version\":1,\"events\":[{" DATE "\"nonce\":null}]}",
		("{\"version\":1,\"events\":[{" DATE EVENT
		 ",\"truncated\":\"x\"}]}"),
		"{\"version\":1,\"events\":[],\"truncation\":[]}",
		("{\"version\":1,\"events\":[],"
		 "\"truncation\":{\"arbitrary\":-1}}"),
	};
	struct audit_domains domains = { 0 };
	struct audit_findings found;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (audit_log_read(span_str(bad[i]), &audit, &why) !=
		    REASON_AUDIT_MALFORMED)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(audit_log_read(span_str("{\"version\":\"1\","
						 "\"events\":[{" DATE EVENT
						 ",\"truncated\":\"3\"}]}"),
			     &audit, &why),
	    REASON_OK);
	assert_int_equal(audit.entries[0].truncated, 3);
	audit_log_judge(&audit, &domains, &found);
	assert_true(found.truncated);
}

/* As long a log as a service of ours writes: as many domains as fit 64 KiB. */
static void
reads_a_long_log(void **state)
{
	static struct audit_event events[1000];
	static char text[65536];
	struct audit_domains domains = { 0 };
	struct audit_findings found;
	size_t len, i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		events[i].date = (int64_t)i + 1;
		events[i].assertion = ASSERTION_LOGGED;
		events[i].domain_id_len = 2;
		events[i].domain_id[0] = (uint8_t)(i >> 8);
		events[i].domain_id[1] = (uint8_t)i;
	}
	assert_true(audit_to_json(events, 1000, 0, text, sizeof(text), &len));
	if (audit_log_read(span_of(text, len), &audit, &why) != REASON_OK)
		fail_msg("%s", why.text);
	audit_log_judge(&audit, &domains, &found);
	assert_true(found.foreign > 500);
	assert_int_equal(found.foreign + audit.arbitrary, 1000);
	assert_true(found.truncated);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_example),
		cmocka_unit_test(judges_what_we_write),
		cmocka_unit_test(refuses_what_is_no_log),
		cmocka_unit_test(reads_a_long_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
