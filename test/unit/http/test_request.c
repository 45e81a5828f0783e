/* The reader of HTTP/1.1 requests: RFC 9112 by example, limits to the octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fatal.h"
#include "http/request.h"
#include "model/names.h"

#define POST "POST /v HTTP/1.1\r\nHost: masa.example\r\n"

struct reading {
	struct http_reader reader;
	enum http_event event;
	size_t left; /* not taken */
};

/* Feeds pieces of at most so many octets, as a connection would. */
static void
read_in_pieces(struct reading *g, struct span text, size_t first, size_t rest)
{
	size_t n = first;

	reader_open(&g->reader);
	g->event = HTTP_MORE;
	while (g->event == HTTP_MORE || g->event == HTTP_HEADER) {
		struct span piece =
		    span_of(text.ptr, n < text.len ? n : text.len);
		size_t before = piece.len;

		g->event = reader_feed(&g->reader, &piece);
		text = span_of(text.ptr + (before - piece.len),
		    text.len - (before - piece.len));
		if (text.len == 0 && g->event == HTTP_MORE)
			break;
		n = rest;
	}
	g->left = text.len;
}

static void
read_all(struct reading *g, struct span text)
{
	read_in_pieces(g, text, SIZE_MAX, SIZE_MAX);
}

/* --- what is refused --- */

struct bad {
	const char *name;
	const char *text;
	enum reason reason;
};

static const struct bad bads[] = {
	{ "a bare line feed", "POST /v HTTP/1.1\nHost: m\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a bare line feed in a field", POST "A: b\nC: d\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a bare carriage return", POST "A: b\rc\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a folded line", POST "A: b\r\n c\r\n\r\n", REASON_HTTP_MALFORMED },
	{ "a blank in front of the colon", POST "A : b\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a blank in front of the first field",
	    "GET /v HTTP/1.1\r\n Host: m\r\n\r\n", REASON_HTTP_MALFORMED },
	{ "a field without name", POST ": b\r\n\r\n", REASON_HTTP_MALFORMED },
	{ "a field without colon", POST "A\r\n\r\n", REASON_HTTP_MALFORMED },
	{ "a field name that is no token", POST "A(b): c\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a control character in a value", POST "A: b\001c\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a delete in a value", POST "A: b\177\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "two empty lines in front", "\r\n\r\nGET / HTTP/1.1\r\n",
	    REASON_HTTP_MALFORMED },
	{ "TLS inside of TLS", "\x16\x03\x01\x02", REASON_HTTP_MALFORMED },
	{ "an octet beyond ASCII in the target", "GET /\xc3\xa4",
	    REASON_HTTP_MALFORMED },
	{ "a method that is no token", "G,T / HTTP/1.1\r\nHost: m\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a blank in front of the method", " GET / HTTP/1.1\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a method without end", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    REASON_HTTP_MALFORMED },
	{ "two blanks", "GET  / HTTP/1.1\r\nHost: m\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a fragment", "GET /a#b HTTP/1.1\r\nHost: m\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "HTTP/0.9", "GET /\r\n\r\n", REASON_HTTP_MALFORMED },
	{ "no version", "GET / \r\n\r\n", REASON_HTTP_MALFORMED },
	{ "a version in small letters", "GET / http/1.1\r\nHost: m\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a word behind the version", "GET / HTTP/1.1 x\r\nHost: m\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\n",
	    REASON_HTTP_VERSION },
	{ "two Content-Types",
	    POST "Content-Type: a/b\r\nContent-Type: a/b\r\n"
		 "Content-Length: 0\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "no Host", "GET / HTTP/1.1\r\n\r\n", REASON_HTTP_HOST },
	{ "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
	    REASON_HTTP_HOST },
	{ "two Hosts in HTTP/1.0",
	    "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", REASON_HTTP_HOST },
	{ "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
	    REASON_HTTP_HOST },
	{ "a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
	    REASON_HTTP_HOST },
	{ "a Host of two words", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	    REASON_HTTP_HOST },
	{ "neither length nor coding", POST "\r\n",
	    REASON_HTTP_LENGTH_REQUIRED },
	{ "two lengths", POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "a list of lengths", POST "Content-Length: 3, 3\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "length and coding",
	    POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "coding and length",
	    POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "a negative length", POST "Content-Length: -1\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "a length with a sign", POST "Content-Length: +1\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "a hexadecimal length", POST "Content-Length: 0x10\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "an empty length", POST "Content-Length: \r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "chunks in HTTP/1.0",
	    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
	    REASON_HTTP_LENGTH },
	{ "another coding", POST "Transfer-Encoding: gzip\r\n\r\n",
	    REASON_HTTP_CODING },
	{ "another coding first",
	    POST "Transfer-Encoding: gzip, chunked\r\n\r\n",
	    REASON_HTTP_CODING },
	{ "chunked twice",
	    POST "Transfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n",
	    REASON_HTTP_CODING },
	{ "another expectation",
	    POST "Content-Length: 1\r\nExpect: tea\r\n\r\n",
	    REASON_HTTP_EXPECT },
	{ "a length of 64 KiB and one", POST "Content-Length: 65537\r\n\r\n",
	    REASON_BODY_TOO_LARGE },
	{ "a length that no number holds",
	    POST "Content-Length: 99999999999999999999999\r\n\r\n",
	    REASON_BODY_TOO_LARGE },
	{ "nine Accepts",
	    POST "Accept: a\r\nAccept: a\r\nAccept: a\r\nAccept: a\r\n"
		 "Accept: a\r\nAccept: a\r\nAccept: a\r\nAccept: a\r\n"
		 "Accept: a\r\nContent-Length: 0\r\n\r\n",
	    REASON_HEADER_TOO_LARGE },
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
	{ "a chunk without size", CHUNKED "\r\n", REASON_HTTP_MALFORMED },
	{ "a size that is none", CHUNKED "x\r\n", REASON_HTTP_MALFORMED },
	{ "a size in C's way", CHUNKED "0x1\r\n", REASON_HTTP_MALFORMED },
	{ "a blank behind a size", CHUNKED "1 \r\na\r\n0\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a bare line feed behind a size", CHUNKED "1\na\r\n0\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a carriage return alone behind a size", CHUNKED "1\ra",
	    REASON_HTTP_MALFORMED },
	{ "a chunk longer than its size", CHUNKED "1\r\nab\r\n0\r\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a control character in an extension", CHUNKED "1;a\001\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a bare line feed in a trailer", CHUNKED "0\r\nA: b\n\r\n",
	    REASON_HTTP_MALFORMED },
	{ "a chunk of 64 KiB and one", CHUNKED "10001\r\n",
	    REASON_BODY_TOO_LARGE },
	{ "a chunk size that no number holds",
	    CHUNKED "fffffffffffffffffffffffff\r\n", REASON_BODY_TOO_LARGE },
};

static void
malformed_requests(void **state)
{
	struct reading g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		read_all(&g, span_str(bads[i].text));
		if (g.event != HTTP_REFUSED ||
		    g.reader.reason != bads[i].reason)
			fail_msg("%s: event %d, %s (%s)", bads[i].name,
			    (int)g.event, reason_code(g.reader.reason),
			    g.reader.why.text);
		/* Whatever else comes. */
		assert_int_equal(
		    reader_feed(&g.reader, &(struct span){ NULL, 0 }),
		    HTTP_REFUSED);
		reader_close(&g.reader);
		/* Octet by octet it is no better. */
		read_in_pieces(&g, span_str(bads[i].text), 1, 1);
		if (g.reader.reason != bads[i].reason)
			fail_msg("%s, in octets: %s", bads[i].name,
			    reason_code(g.reader.reason));
		reader_close(&g.reader);
	}
}

static void
a_zero_octet(void **state)
{
	static const char text[] = POST "A: b\0c\r\n\r\n";
	struct reading g;

	(void)state;
	read_all(&g, span_of(text, sizeof(text) - 1));
	assert_int_equal(g.event, HTTP_REFUSED);
	assert_int_equal(g.reader.reason, REASON_HTTP_MALFORMED);
	reader_close(&g.reader);
}

/* --- what is taken --- */

struct good {
	const char *text;
	enum http_method method;
	const char *path;
	const char *body;
	bool keep_alive;
};

static const struct good goods[] = {
	{ POST "Content-Length: 5\r\nContent-Type: a/b\r\n\r\nhello", HTTP_POST,
	    "/v", "hello", true },
	{ "\r\n" POST "content-LENGTH:\t005 \r\n\r\nhello", HTTP_POST, "/v",
	    "hello", true },
	{ POST "Content-Length: 0\r\nConnection: x, Close\r\n\r\n", HTTP_POST,
	    "/v", "", false },
	{ CHUNKED "5\r\nhello\r\n0\r\n\r\n", HTTP_POST, "/v", "hello", true },
	{ CHUNKED "2;a=b;c=\"d e\"\r\nhe\r\n0003\r\nllo\r\n000\r\n\r\n",
	    HTTP_POST, "/v", "hello", true },
	{ CHUNKED "A\r\n0\r\n\r\n12345\r\n0\r\nDigest: x\r\nY: z\r\n\r\n",
	    HTTP_POST, "/v", "0\r\n\r\n12345", true },
	{ CHUNKED "0\r\n\r\n", HTTP_POST, "/v", "", true },
	{ "GET /healthz?a=b HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", HTTP_GET,
	    "/healthz", "", true },
	{ "HEAD / HTTP/1.0\r\n\r\n", HTTP_HEAD, "/", "", false },
	{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", HTTP_GET, "/", "",
	    true },
	{ "GET https://masa.example/x/y HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET,
	    "/x/y", "", true },
	/* RFC 3986 3.2: the authority ends at a question mark, too. */
	{ "GET https://masa.example?a=/x/y HTTP/1.1\r\nHost: h\r\n\r\n",
	    HTTP_GET, "/", "", true },
	/* RFC 9110 4.2.1: there is no such host, so it names nothing. */
	{ "GET https:///x/y HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET,
	    "https:///x/y", "", true },
	{ "GET http://masa.example HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/",
	    "", true },
	{ "OPTIONS * HTTP/1.9\r\nHost: h\r\nX:\r\nY: \xff\r\n\r\n", HTTP_OTHER,
	    "*", "", true },
	{ "get / HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_OTHER, "/", "", true },
};

static void
check_good(const struct good *good, const struct reading *g)
{
	const struct http_request *q = &g->reader.request;

	if (g->event != HTTP_COMPLETE)
		fail_msg("%s: %s (%s)", good->text,
		    reason_code(g->reader.reason), g->reader.why.text);
	assert_int_equal(g->left, 0);
	assert_int_equal(q->method, good->method);
	assert_true(span_is(q->path, good->path));
	assert_true(span_is(q->body, good->body));
	assert_int_equal(q->keep_alive, good->keep_alive);
}

static void
every_split_gives_the_same(void **state)
{
	struct reading g;
	size_t i, at, len;

	(void)state;
	for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		len = strlen(goods[i].text);
		for (at = 1; at <= len; at++) {
			read_in_pieces(&g, span_str(goods[i].text), at, len);
			check_good(&goods[i], &g);
			reader_close(&g.reader);
		}
		read_in_pieces(&g, span_str(goods[i].text), 1, 1);
		check_good(&goods[i], &g);
		reader_close(&g.reader);
	}
}

static void
nothing_is_complete_too_early(void **state)
{
	struct reading g;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++)
		for (at = 0; at < strlen(goods[i].text); at++) {
			read_all(&g, span_of(goods[i].text, at));
			assert_int_equal(g.event, HTTP_MORE);
			reader_close(&g.reader);
		}
}

static void
requests_one_after_another(void **state)
{
	static const char text[] =
	    POST "Content-Length: 3\r\n\r\none" CHUNKED "3\r\ntwo\r\n0\r\n\r\n"
		 "\r\nGET /three HTTP/1.1\r\nHost: h\r\n\r\nrest";
	static const char *const bodies[] = { "one", "two", "" };
	struct span rest = span_of(text, sizeof(text) - 1);
	struct http_reader r;
	size_t i;

	(void)state;
	reader_open(&r);
	for (i = 0; i < 3; i++) {
		assert_false(reader_begun(&r));
		assert_int_equal(reader_feed(&r, &rest), HTTP_HEADER);
		assert_int_equal(reader_feed(&r, &rest), HTTP_COMPLETE);
		assert_true(span_is(r.request.body, bodies[i]));
		/* Until it is told so it takes nothing of the next one. */
		assert_int_equal(reader_feed(&r, &rest), HTTP_COMPLETE);
		reader_next(&r);
	}
	assert_true(span_is(rest, "rest"));
	reader_close(&r);
}

static void
fields_that_count(void **state)
{
	static const char text[] =
	    POST "Accept: a/b\r\nEXPECT: 100-Continue\r\naccept:\t c/d \r\n"
		 "Content-Type: x/y; z=\"1\"\r\nContent-Length: 0\r\n\r\n";
	struct reading g;

	(void)state;
	read_all(&g, span_str(text));
	assert_int_equal(g.event, HTTP_COMPLETE);
	assert_true(g.reader.request.expect_continue);
	assert_int_equal(g.reader.request.accept_len, 2);
	assert_true(span_is(g.reader.request.accept[0], "a/b"));
	assert_true(span_is(g.reader.request.accept[1], "c/d"));
	assert_true(span_is(g.reader.request.type, "x/y; z=\"1\""));
	reader_close(&g.reader);
}

/* RFC 9110 10.1.1: of an old client it is not heeded, whatever it says. */
static void
expectations_of_old_clients(void **state)
{
	struct reading g;

	(void)state;
	read_all(&g,
	    span_str("POST / HTTP/1.0\r\nContent-Length: 0\r\n"
		     "Expect: 100-continue\r\nExpect: tea\r\n\r\n"));
	assert_int_equal(g.event, HTTP_COMPLETE);
	assert_false(g.reader.request.expect_continue);
	reader_close(&g.reader);
}

/* --- limits to the octet --- */

/* A text of before, fill times 'a', behind. */
static char *
filled(const char *before, size_t fill, const char *behind)
{
	size_t len = strlen(before);
	char *text = memory_new(len + fill + strlen(behind) + 1);

	memcpy(text, before, len);
	memset(text + len, 'a', fill);
	memcpy(text + len + fill, behind, strlen(behind) + 1);
	return text;
}

static enum reason
reason_of(char *text)
{
	struct reading g;
	enum reason r;

	read_all(&g, span_str(text));
	r = g.event == HTTP_REFUSED ? g.reader.reason : REASON_OK;
	reader_close(&g.reader);
	free(text);
	return r;
}

static void
limit_of_the_header(void **state)
{
	static const char before[] = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
	size_t most = HTTP_HEADER_MAX - strlen(before) - 4;

	(void)state;
	assert_int_equal(
	    reason_of(filled(before, most, "\r\n\r\n")), REASON_OK);
	assert_int_equal(reason_of(filled(before, most + 1, "\r\n\r\n")),
	    REASON_HEADER_TOO_LARGE);
	assert_int_equal(
	    reason_of(filled(before, 20000, "")), REASON_HEADER_TOO_LARGE);
}

static void
limit_of_the_target(void **state)
{
	static const char behind[] = " HTTP/1.1\r\nHost: h\r\n\r\n";

	(void)state;
	assert_int_equal(
	    reason_of(filled("GET /", HTTP_TARGET_MAX - 1, behind)), REASON_OK);
	assert_int_equal(reason_of(filled("GET /", HTTP_TARGET_MAX, behind)),
	    REASON_URI_TOO_LONG);
	/* Said as soon as it is known, not when the line ends. */
	assert_int_equal(reason_of(filled("GET /", HTTP_TARGET_MAX, "")),
	    REASON_URI_TOO_LONG);
}

static void
limit_of_the_body(void **state)
{
	(void)state;
	assert_int_equal(reason_of(filled(POST "Content-Length: 65536\r\n\r\n",
			     BODY_MAX, "")),
	    REASON_OK);
	assert_int_equal(
	    reason_of(filled(CHUNKED "10000\r\n", BODY_MAX, "\r\n0\r\n\r\n")),
	    REASON_OK);
	assert_int_equal(
	    reason_of(filled(CHUNKED "10000\r\n", BODY_MAX, "\r\n1\r\n")),
	    REASON_BODY_TOO_LARGE);
}

static void
limits_of_chunks(void **state)
{
	static const char end[] = "\r\na\r\n0\r\n\r\n";
	size_t i, len = 0;
	char *text;

	(void)state;
	assert_int_equal(
	    reason_of(filled(CHUNKED "1;", CHUNK_LINE_MAX - 1, end)),
	    REASON_OK);
	assert_int_equal(reason_of(filled(CHUNKED "1;", CHUNK_LINE_MAX, end)),
	    REASON_HTTP_MALFORMED);
	assert_int_equal(reason_of(filled(CHUNKED "0\r\n",
			     CHUNK_TRAILER_MAX - 2, "\r\n\r\n")),
	    REASON_OK);
	assert_int_equal(reason_of(filled(CHUNKED "0\r\n",
			     CHUNK_TRAILER_MAX - 1, "\r\n\r\n")),
	    REASON_HEADER_TOO_LARGE);
	/* Zeros make a size no larger, but its line longer. */
	text = memory_new(sizeof(CHUNKED) + CHUNK_LINE_MAX + 8);
	len = (size_t)sprintf(text, CHUNKED);
	memset(text + len, '0', CHUNK_LINE_MAX + 1);
	assert_int_equal(reason_of(text), REASON_HTTP_MALFORMED);
	text = memory_new(sizeof(CHUNKED) + CHUNK_LINE_MAX + 8);
	len = (size_t)sprintf(text, CHUNKED);
	memset(text + len, '0', CHUNK_LINE_MAX);
	memcpy(text + len + CHUNK_LINE_MAX, "\r\n\r\n", 5);
	assert_int_equal(reason_of(text), REASON_OK);
	/* Many small extensions are one large one. */
	text = memory_new(600 * 16 + sizeof(CHUNKED));
	len = (size_t)sprintf(text, CHUNKED);
	for (i = 0; i < 600; i++)
		len += (size_t)sprintf(text + len, "1;1234567\r\na\r\n");
	assert_int_equal(reason_of(text), REASON_HTTP_MALFORMED);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_requests),
		cmocka_unit_test(a_zero_octet),
		cmocka_unit_test(every_split_gives_the_same),
		cmocka_unit_test(nothing_is_complete_too_early),
		cmocka_unit_test(requests_one_after_another),
		cmocka_unit_test(fields_that_count),
		cmocka_unit_test(expectations_of_old_clients),
		cmocka_unit_test(limit_of_the_header),
		cmocka_unit_test(limit_of_the_target),
		cmocka_unit_test(limit_of_the_body),
		cmocka_unit_test(limits_of_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
