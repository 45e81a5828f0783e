/*
 * Content-Type and Accept: the first line of the input is the type, each line
 * behind it a field Accept. How the list is divided into fields must not matter
 * (RFC 9110 5.3), so it is read again as one field.
 */
#include "fuzz.h"
#include "http/media.h"

#define FIELDS 8

static struct span
line_take(struct span *rest)
{
	const uint8_t *end =
	    rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
	size_t n = end == NULL ? rest->len : (size_t)(end - rest->ptr);
	struct span line = span_of(rest->ptr, n);

	*rest = end == NULL ? span_of(rest->ptr + n, 0)
			    : span_of(end + 1, rest->len - n - 1);
	return line;
}

/* The same fields joined by commas. */
static void
check_joined(const struct span *accept, unsigned n, unsigned allowed,
    struct media asked, enum reason r, const struct media *found)
{
	size_t room = 1, len = 0;
	struct span whole;
	char *text;
	unsigned i;

	for (i = 0; i < n; i++)
		room += accept[i].len + 1;
	text = malloc(room);
	require(text != NULL);
	for (i = 0; i < n; i++) {
		if (i > 0)
			text[len++] = ',';
		if (accept[i].len > 0)
			memcpy(text + len, accept[i].ptr, accept[i].len);
		len += accept[i].len;
	}
	whole = span_of(text, len);
	require(media_reply(&whole, 1, allowed, &asked, NULL) == r);
	if (r == REASON_OK)
		require(asked.reply == found->reply &&
		    memcmp(asked.reply_types, found->reply_types,
			sizeof(asked.reply_types)) == 0);
	free(text);
}

/* A quoted string that ends in another field makes a difference, of course. */
static bool
has_quote(struct span s)
{
	return s.len > 0 &&
	    (memchr(s.ptr, '"', s.len) != NULL ||
		memchr(s.ptr, '\\', s.len) != NULL);
}

static uint64_t
fields_read(const uint8_t *bytes, size_t len, unsigned allowed)
{
	struct span rest = span_of(bytes, len), type = line_take(&rest);
	struct span accept[FIELDS];
	struct media m, asked;
	enum reason r;
	unsigned n = 0;
	bool quoted = false;

	if (media_request(true, type, allowed, &m, NULL) != REASON_OK)
		return 0;
	require(m.request != FORMAT_NONE);
	asked = m;
	while (rest.len > 0 && n < FIELDS) {
		accept[n] = line_take(&rest);
		quoted = quoted || has_quote(accept[n++]);
	}
	if ((r = media_reply(accept, n, allowed, &m, NULL)) == REASON_OK)
		require(format_list_valid(m.reply) &&
		    m.reply_types[m.reply & 3] != NULL);
	if (n > 0 && !quoted)
		check_joined(accept, n, allowed, asked, r, &m);
	return r == REASON_OK ? digest_add(ACCEPTED, &m.reply, 1) : 0;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	uint64_t strict = fields_read(bytes, len, 0);
	uint64_t all = fields_read(bytes, len, LEGACY_ALL);

	/* A switch only adds names. */
	require(strict == 0 || all != 0);
	return all;
}
