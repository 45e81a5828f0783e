/* HTTP answers and URLs: what a strict client takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "registrar/response.h"

#define OK "HTTP/1.1 200 OK\r\n"

static void
takes(const char *text, unsigned status, const char *body)
{
	struct response r;
	size_t n;

	/* Whole, and not before the last octet is there. */
	assert_int_equal(
	    response_read(span_str(text), false, &r), RESPONSE_DONE);
	assert_int_equal(r.status, status);
	assert_true(span_is(buf_span(&r.body), body));
	buf_free(&r.body);
	for (n = 0; n < strlen(text); n++) {
		assert_int_equal(
		    response_read(span_of(text, n), false, &r), RESPONSE_MORE);
		assert_int_equal(
		    response_read(span_of(text, n), true, &r), RESPONSE_BAD);
	}
}

static void
reads_whole_answers(void **state)
{
	(void)state;
	takes(OK "Content-Length: 5\r\n\r\nhello", 200, "hello");
	takes("HTTP/1.0 404\r\ncontent-length: 0\r\n\r\n", 404, "");
	takes(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n"
		 "0123456789\r\n0\r\nX: y\r\n\r\n",
	    200, "abc0123456789");
	takes("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
	    200, "x");
	takes("HTTP/1.1 204 None\r\n\r\n", 204, "");
}

static void
reads_fields(void **state)
{
	struct response r;

	(void)state;
	assert_int_equal(
	    response_read(
		span_str("HTTP/1.1 201 C\r\n"
			 "Content-Type: Application/JSON; charset=utf-8\r\n"
			 "LOCATION:\t/log/1 \r\nRetry-After: 7\r\n"
			 "Content-Length: 0\r\n\r\n"),
		false, &r),
	    RESPONSE_DONE);
	assert_string_equal(r.media_type, "application/json");
	assert_string_equal(r.location, "/log/1");
	assert_int_equal(r.retry_after, 7);
	buf_free(&r.body);
}

static void
refuses_doubtful_answers(void **state)
{
	static const char *const bad[] = {
		"HTTP/2 200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 600 OK\r\n\r\n",
		"hello world, no HTTP\r\n\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
		OK "\r\nno length",
		OK "Content-Length: 1\r\n\r\nxy",
		OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		OK "Content-Length: +1\r\n\r\nx",
		OK "Content-Length: 999999999\r\n\r\nx",
		OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		OK "Transfer-Encoding: gzip\r\n\r\n",
		OK "Content-Length : 1\r\n\r\nx",
		OK ": 1\r\n\r\n",
		OK "A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
		OK "A: b\rc\r\nContent-Length: 0\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
	};
	struct response r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (response_read(span_str(bad[i]), false, &r) != RESPONSE_BAD)
			fail_msg("taken: %s", bad[i]);
}

static void
reads_urls(void **state)
{
	static const char *const bad[] = { "", "http://a", "https://",
		"https://a:0", "https://a:65536", "https://a:1x", "https://u@a",
		"https://a/?q", "https://a/#f", "https://[::1", "https://a b",
		"https://a/\r\nX: y" };
	struct url u;
	size_t i;

	(void)state;
	assert_true(url_parse("https://masa.example.com", &u));
	assert_string_equal(u.host, "masa.example.com");
	assert_string_equal(u.port, "443");
	assert_string_equal(u.path, "");
	assert_true(url_parse("HTTPS://[::1]:8443/base/x/", &u));
	assert_string_equal(u.host, "::1");
	assert_string_equal(u.authority, "[::1]:8443");
	assert_string_equal(u.path, "/base/x");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (url_parse(bad[i], &u))
			fail_msg("taken: %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_whole_answers),
		cmocka_unit_test(reads_fields),
		cmocka_unit_test(refuses_doubtful_answers),
		cmocka_unit_test(reads_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
