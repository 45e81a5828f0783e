/* Paths and methods of MP 2, in the order of MP 5 row 0c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/routes.h"

#define BRSKI "/.well-known/brski/"
#define EST   "/.well-known/est/"

static const struct {
	enum http_method method;
	const char *path;
	const char *type; /* NULL = none */
	const char *accept;
	unsigned legacy;
	enum reason reason;
} cases[] = {
	{ HTTP_POST, BRSKI "requestvoucher", "application/voucher-cms+json",
	    NULL, 0, REASON_OK },
	{ HTTP_POST, BRSKI "requestauditlog", "application/voucher-cms+json",
	    NULL, 0, REASON_OK },
	/* MP 3 rule 7: Accept is not for the audit log. */
	{ HTTP_POST, BRSKI "requestauditlog", "application/voucher-cms+json",
	    "text/html", 0, REASON_OK },
	{ HTTP_POST, BRSKI "requestvoucher", "application/voucher-cms+json",
	    "text/html", 0, REASON_ACCEPT_UNKNOWN },
	{ HTTP_POST, BRSKI "requestauditlog", "text/html", NULL, 0,
	    REASON_MEDIA_TYPE },
	{ HTTP_POST, BRSKI "requestvoucher", NULL, NULL, 0, REASON_MEDIA_TYPE },
	{ HTTP_GET, BRSKI "requestvoucher", NULL, NULL, 0, REASON_METHOD },
	{ HTTP_HEAD, BRSKI "requestauditlog", NULL, NULL, 0, REASON_METHOD },
	{ HTTP_OTHER, BRSKI "requestvoucher", NULL, NULL, 0, REASON_METHOD },
	{ HTTP_POST, EST "requestvoucher", "application/voucher-cms+json", NULL,
	    0, REASON_PATH_UNKNOWN },
	{ HTTP_POST, EST "requestvoucher", "application/voucher-cms+json", NULL,
	    LEGACY_ALL, REASON_OK },
	{ HTTP_POST, EST "requestauditlog", "application/voucher-cms+json",
	    NULL, LEGACY_ALL, REASON_OK },
	{ HTTP_GET, "/healthz", NULL, NULL, 0, REASON_OK },
	{ HTTP_HEAD, "/healthz", NULL, NULL, 0, REASON_OK },
	{ HTTP_POST, "/healthz", NULL, NULL, 0, REASON_METHOD_GET },
	/* Of the registrar, not of a MASA (MP 2). */
	{ HTTP_POST, BRSKI "voucher_status", NULL, NULL, LEGACY_ALL,
	    REASON_PATH_UNKNOWN },
	{ HTTP_POST, BRSKI "enrollstatus", NULL, NULL, LEGACY_ALL,
	    REASON_PATH_UNKNOWN },
	{ HTTP_POST, BRSKI "rv", NULL, NULL, LEGACY_ALL, REASON_PATH_UNKNOWN },
	{ HTTP_POST, BRSKI "requestvoucher/", NULL, NULL, LEGACY_ALL,
	    REASON_PATH_UNKNOWN },
	{ HTTP_POST, BRSKI "RequestVoucher", NULL, NULL, LEGACY_ALL,
	    REASON_PATH_UNKNOWN },
	{ HTTP_GET, "/", NULL, NULL, LEGACY_ALL, REASON_PATH_UNKNOWN },
	{ HTTP_OTHER, "*", NULL, NULL, LEGACY_ALL, REASON_PATH_UNKNOWN },
};

static enum reason
read_case(size_t i, struct http_exchange *e)
{
	struct http_request q = { .method = cases[i].method,
		.path = span_str(cases[i].path) };
	struct why why;

	if (cases[i].type != NULL) {
		q.has_type = true;
		q.type = span_str(cases[i].type);
	}
	if (cases[i].accept != NULL)
		q.accept[q.accept_len++] = span_str(cases[i].accept);
	return exchange_read(&q, cases[i].legacy, e, &why);
}

static void
paths_and_methods(void **state)
{
	struct http_exchange e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum reason r = read_case(i, &e);

		if (r != cases[i].reason)
			fail_msg("%s: %s", cases[i].path, reason_code(r));
		assert_int_equal(e.route != NULL, r == REASON_OK);
		if (r == REASON_OK)
			assert_string_equal(e.route->path, cases[i].path);
	}
}

static void
kinds(void **state)
{
	struct http_exchange e;

	(void)state;
	assert_int_equal(read_case(0, &e), REASON_OK);
	assert_int_equal(e.route->kind, REQUEST_VOUCHER);
	assert_int_equal(e.legacy, 0);
	assert_int_equal(read_case(1, &e), REASON_OK);
	assert_int_equal(e.route->kind, REQUEST_AUDIT_LOG);
	assert_int_equal(e.media.request, FORMAT_CMS_JSON);
	assert_int_equal(read_case(10, &e), REASON_OK);
	assert_int_equal(e.legacy, LEGACY(LEGACY_PATHS));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_methods),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
