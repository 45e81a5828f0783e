/*
 * HTTP answers and URLs as a registrar reads them. An answer comes in pieces:
 * each beginning of a whole one asks for more, and no beginning of it is taken
 * as whole. An input that begins with "https:" is taken as a URL.
 */
#include "fuzz.h"
#include "registrar/response.h"

static uint64_t
url_check(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), again[2048];
	struct url u, v;
	bool good;

	require(text != NULL);
	if (len > 0)
		memcpy(text, bytes, len);
	text[len] = '\0';
	good = url_parse(text, &u);
	free(text);
	if (!good)
		return 0;
	snprintf(again, sizeof(again), "https://%s%s", u.authority, u.path);
	require(url_parse(again, &v));
	require(memcmp(&u, &v, sizeof(u)) == 0);
	return digest_add(ACCEPTED, &u, sizeof(u));
}

/* At most this many beginnings are tried. */
#define PIECES 64

static void
check_beginnings(const uint8_t *bytes, size_t len)
{
	size_t n, step = len / PIECES + 1;
	struct response r;

	for (n = 0; n < len; n += step)
		require(response_read(span_of(bytes, n), false, &r) ==
		    RESPONSE_MORE);
	require(
	    response_read(span_of(bytes, len - 1), true, &r) == RESPONSE_BAD);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct response r;
	uint64_t digest;

	if (len >= 6 && memcmp(bytes, "https:", 6) == 0)
		return url_check(bytes, len);
	if (response_read(span_of(bytes, len), true, &r) != RESPONSE_DONE) {
		require(r.body.ptr == NULL);
		return 0;
	}
	require(r.status >= 200 && r.status <= 599);
	require(r.body.len <= ANSWER_MAX && r.body.len <= len);
	require(memchr(r.media_type, '\0', sizeof(r.media_type)) != NULL);
	digest = digest_add(ACCEPTED, r.body.ptr, r.body.len);
	digest = digest_add(digest, r.media_type, strlen(r.media_type));
	buf_free(&r.body);
	if (oracle_begin()) {
		check_beginnings(bytes, len);
		oracle_end();
	}
	return digest;
}
