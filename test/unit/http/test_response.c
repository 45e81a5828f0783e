/* Replies: their header, and the sentence of every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/response.h"

/* The day of RFC 9110 5.6.7. */
#define NOVEMBER INT64_C(784111777)

static void
a_header(void **state)
{
	const struct http_response r = {
		.status = 200, .type = "a/b", .body = span_str("hello")
	};
	char out[RESPONSE_HEAD_MAX + 1];
	size_t len = response_head(out, &r, AFTER_KEEP, NOVEMBER);

	(void)state;
	out[len] = '\0';
	assert_string_equal(out,
	    "HTTP/1.1 200 OK\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: a/b\r\n"
	    "Content-Length: 5\r\n"
	    "Cache-Control: no-store\r\n"
	    "\r\n");
}

static void
how_it_goes_on(void **state)
{
	const struct http_response r = { .status = 200, .type = "a/b" };
	char out[RESPONSE_HEAD_MAX + 1];

	(void)state;
	out[response_head(out, &r, AFTER_CLOSE, 0)] = '\0';
	assert_non_null(strstr(out, "\r\nConnection: close\r\n"));
	out[response_head(out, &r, AFTER_KEEP_OLD, 0)] = '\0';
	assert_non_null(strstr(out, "\r\nConnection: keep-alive\r\n"));
}

static void
a_refusal(void **state)
{
	char room[RESPONSE_TEXT_MAX];
	struct http_response r;
	struct why why;

	(void)state;
	why_set(&why, REASON_HTTP_MALFORMED, -1, "It is \"odd\".");
	response_refusal(&r, room, REASON_HTTP_MALFORMED, &why, "0123");
	assert_int_equal(r.status, 400);
	assert_string_equal(r.type, "text/plain; charset=utf-8");
	assert_true(span_is(r.body,
	    "The request is not well-formed HTTP/1.1. "
	    "It is 'odd'. (RFC 9112 2.2) [http-malformed, request 0123]\n"));
	response_refusal(&r, room, REASON_HTTP_MALFORMED, NULL, "");
	assert_true(span_is(r.body,
	    "The request is not well-formed HTTP/1.1. "
	    "(RFC 9112 2.2) [http-malformed]\n"));
}

/* Every row of the table has its words, its phrase and its fields. */
static void
every_refusal(void **state)
{
	char room[RESPONSE_TEXT_MAX], out[RESPONSE_HEAD_MAX + 1], line[64];
	struct http_response r;
	struct why why;
	unsigned i;

	(void)state;
	memset(why.text, 'x', sizeof(why.text) - 1);
	why.text[sizeof(why.text) - 1] = '\0';
	for (i = REASON_OK + 1; i < REASON_COUNT; i++) {
		enum reason reason = (enum reason)i;

		response_refusal(&r, room, reason, &why, "0123456789abcdef");
		assert_true(r.body.len > sizeof(why.text));
		out[response_head(out, &r, AFTER_CLOSE, NOVEMBER)] = '\0';
		snprintf(line, sizeof(line), "HTTP/1.1 %u ", r.status);
		assert_memory_equal(out, line, strlen(line));
		if (out[strlen(line)] == '\r')
			fail_msg("status %u has no phrase", r.status);
		assert_int_equal(strstr(out, "\r\nRetry-After: ") != NULL,
		    r.status == 503 || r.status == 429);
		assert_int_equal(
		    strstr(out, "\r\nAllow: ") != NULL, r.status == 405);
	}
}

static void
what_is_allowed(void **state)
{
	char room[RESPONSE_TEXT_MAX];
	struct http_response r;

	(void)state;
	response_refusal(&r, room, REASON_METHOD, NULL, "");
	assert_string_equal(r.allow, "POST");
	response_refusal(&r, room, REASON_METHOD_GET, NULL, "");
	assert_string_equal(r.allow, "GET, HEAD");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header),
		cmocka_unit_test(how_it_goes_on),
		cmocka_unit_test(a_refusal),
		cmocka_unit_test(every_refusal),
		cmocka_unit_test(what_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
