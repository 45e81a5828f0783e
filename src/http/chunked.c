/* The chunked transfer coding, see chunked.h. */
#include "http/chunked.h"

#include "base/text.h"

void
chunked_open(struct chunked *c)
{
	memset(c, 0, sizeof(*c));
}

static enum reason
malformed(struct why *why, const char *what)
{
	return why_set(
	    why, REASON_HTTP_MALFORMED, -1, "chunked body: %s", what);
}

/* One octet of the size. Blanks behind it, which RFC 9112 7.1.1 calls bad, are
 * refused. */
static enum reason
take_size(struct chunked *c, uint8_t octet, size_t room, struct why *why)
{
	int digit = text_hex_digit(octet);

	if (digit < 0) {
		if (c->line == 0)
			return malformed(why, "a chunk without a size");
		if (octet != '\r' && octet != ';')
			return malformed(why, "no hexadecimal chunk size");
		c->place = octet == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
		return REASON_OK;
	}
	if (++c->line > CHUNK_LINE_MAX)
		return malformed(why, "a chunk size without end");
	c->size = c->size << 4 | (size_t)digit;
	if (c->size > room) /* before it can wrap: room is small */
		return why_set(
		    why, REASON_BODY_TOO_LARGE, -1, "It came in chunks.");
	return REASON_OK;
}

static bool
is_control(uint8_t octet)
{
	return (octet < 0x20 && octet != '\t') || octet == 0x7f;
}

static enum reason
take_extension(struct chunked *c, uint8_t octet, struct why *why)
{
	if (octet == '\r') {
		c->place = CHUNK_SIZE_LF;
		return REASON_OK;
	}
	if (is_control(octet))
		return malformed(why, "a control character in an extension");
	if (++c->line > CHUNK_LINE_MAX ||
	    ++c->extensions > CHUNK_EXTENSIONS_MAX)
		return malformed(why, "too many chunk extensions");
	return REASON_OK;
}

static enum reason
take_trailer(struct chunked *c, uint8_t octet, struct why *why)
{
	if (++c->trailer > CHUNK_TRAILER_MAX)
		return why_set(
		    why, REASON_HEADER_TOO_LARGE, -1, "The trailers are.");
	if (octet == '\r') {
		c->place = CHUNK_TRAILER_LF;
		return REASON_OK;
	}
	if (is_control(octet))
		return malformed(why, "a control character in a trailer");
	c->line++;
	return REASON_OK;
}

/* A line feed, and nothing else, ends what a carriage return began. */
static enum reason
take_line_feed(struct chunked *c, uint8_t octet, struct why *why)
{
	if (octet != '\n')
		return malformed(why, "a carriage return without line feed");
	if (c->place == CHUNK_DATA_LF)
		c->place = CHUNK_SIZE;
	else if (c->place == CHUNK_TRAILER_LF)
		c->place = c->line == 0 ? CHUNK_END : CHUNK_TRAILER;
	else
		c->place = c->size == 0 ? CHUNK_TRAILER : CHUNK_DATA;
	c->line = 0;
	return REASON_OK;
}

static enum reason
take_octet(struct chunked *c, uint8_t octet, size_t room, struct why *why)
{
	switch (c->place) {
	case CHUNK_SIZE:
		return take_size(c, octet, room, why);
	case CHUNK_EXTENSION:
		return take_extension(c, octet, why);
	case CHUNK_TRAILER:
		return take_trailer(c, octet, why);
	case CHUNK_DATA_CR:
		c->place = CHUNK_DATA_LF;
		return octet == '\r'
		    ? REASON_OK
		    : malformed(why, "a chunk is longer than its size");
	default:
		return take_line_feed(c, octet, why);
	}
}

static void
take_data(struct chunked *c, struct span *bytes, struct buf *body)
{
	size_t n = bytes->len < c->size ? bytes->len : c->size;

	/* The size was held against the cap. */
	(void)buf_add(body, span_of(bytes->ptr, n));
	*bytes = span_of(bytes->ptr + n, bytes->len - n);
	c->size -= n;
	if (c->size == 0)
		c->place = CHUNK_DATA_CR;
}

enum reason
chunked_feed(struct chunked *c, struct span *bytes, struct buf *body,
    bool *done, struct why *why)
{
	enum reason r;

	while (bytes->len > 0 && c->place != CHUNK_END) {
		if (c->place == CHUNK_DATA) {
			take_data(c, bytes, body);
			continue;
		}
		r = take_octet(c, bytes->ptr[0], body->cap - body->len, why);
		if (r != REASON_OK)
			return r;
		*bytes = span_of(bytes->ptr + 1, bytes->len - 1);
	}
	*done = c->place == CHUNK_END;
	return REASON_OK;
}
