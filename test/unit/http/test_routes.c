/* Paths and methods of MP 2, in the order of MP 5 row 0c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "http/routes.h"

#define BRSKI "/.well-known/brski/"
#define EST   "/.well-known/est/"
#define SLUG  "0123456789abcdef0123456789abcdef"
#define BASES                                             \
	"/one,/one/two/three,/.well-known,/one/auditlog," \
	"/.well-known/brski/auditlog"

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
	/* An audit log under its own URL: one spelling. */
	{ HTTP_GET, BRSKI "auditlog/" SLUG, NULL, NULL, 0, REASON_OK },
	{ HTTP_HEAD, "/one/auditlog/" SLUG, NULL, NULL, 0, REASON_OK },
	{ HTTP_GET, EST "auditlog/" SLUG, NULL, NULL, LEGACY_ALL, REASON_OK },
	{ HTTP_POST, BRSKI "auditlog/" SLUG, NULL, NULL, 0, REASON_METHOD_GET },
	{ HTTP_GET, BRSKI "auditlog/" SLUG "00", NULL, NULL, 0,
	    REASON_PATH_UNKNOWN },
	{ HTTP_GET, BRSKI "auditlog/" SLUG "/", NULL, NULL, 0,
	    REASON_PATH_UNKNOWN },
	{ HTTP_GET, BRSKI "auditlog/0123456789ABCDEF0123456789abcdef", NULL,
	    NULL, 0, REASON_PATH_UNKNOWN },
	{ HTTP_GET, BRSKI "auditlog/", NULL, NULL, 0, REASON_PATH_UNKNOWN },
	{ HTTP_GET, "/auditlog/" SLUG, NULL, NULL, 0, REASON_PATH_UNKNOWN },
	/* Base paths of the configuration stand beside the usual one. */
	{ HTTP_POST, "/one/requestvoucher", "application/voucher-cms+json",
	    NULL, 0, REASON_OK },
	{ HTTP_POST, "/one/two/three/requestauditlog",
	    "application/voucher-cms+json", NULL, 0, REASON_OK },
	{ HTTP_POST, "/.well-known/requestvoucher",
	    "application/voucher-cms+json", NULL, 0, REASON_OK },
	/* One that ends as a prepared log's name begins. */
	{ HTTP_POST, "/one/auditlog/requestauditlog",
	    "application/voucher-cms+json", NULL, 0, REASON_OK },
	{ HTTP_GET, "/one/auditlog/auditlog/" SLUG, NULL, NULL, 0, REASON_OK },
	{ HTTP_POST, BRSKI "auditlog/requestvoucher",
	    "application/voucher-cms+json", NULL, 0, REASON_OK },
	{ HTTP_POST, "/one/two/requestvoucher", NULL, NULL, 0,
	    REASON_PATH_UNKNOWN },
	{ HTTP_POST, "/one-requestvoucher", NULL, NULL, 0,
	    REASON_PATH_UNKNOWN },
	{ HTTP_POST, "/ONE/requestvoucher", NULL, NULL, 0,
	    REASON_PATH_UNKNOWN },
	{ HTTP_GET, "/one/healthz", NULL, NULL, 0, REASON_PATH_UNKNOWN },
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
	const struct http_paths paths = { BASES, cases[i].legacy };
	struct why why;

	if (cases[i].type != NULL) {
		q.has_type = true;
		q.type = span_str(cases[i].type);
	}
	if (cases[i].accept != NULL)
		q.accept[q.accept_len++] = span_str(cases[i].accept);
	return exchange_read(&q, &paths, e, &why);
}

/* Base, a slash and the name are the path, and the slug is behind its name. */
static void
spelled(const struct http_exchange *e, const char *path)
{
	char slug[HEX_SIZE(SLUG_SIZE)], text[300];

	hex_encode(slug, span_of(e->slug, SLUG_SIZE));
	snprintf(text, sizeof(text), "%.*s/%s%s", (int)e->base.len,
	    (const char *)e->base.ptr, e->route->name,
	    e->route->resource == RESOURCE_PREPARED ? slug : "");
	assert_string_equal(text, path);
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
			spelled(&e, cases[i].path);
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
