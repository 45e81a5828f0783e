/* A growing buffer with a cap, see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"

void
buf_init(struct buf *b, size_t cap)
{
	memset(b, 0, sizeof(*b));
	b->cap = cap;
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->ptr);
	buf_init(b, b->cap);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
}

/* Memory for len bytes and one more, so that a terminator always has a place
 * and an empty buffer is somewhere. */
static void
grow(struct buf *b, size_t len)
{
	size_t room = b->room < 256 ? 256 : b->room;
	uint8_t *p;

	if (len < b->room)
		return;
	while (room <= len) {
		if (room > SIZE_MAX / 2)
			fatal("a buffer of %zu bytes", len);
		room *= 2;
	}
	if (room > b->cap && b->cap >= len && b->cap < SIZE_MAX)
		room = b->cap + 1;
	if ((p = realloc(b->ptr, room)) == NULL)
		fatal("out of memory");
	b->ptr = p;
	b->room = room;
}

uint8_t *
buf_reserve(struct buf *b, size_t more)
{
	if (more > b->cap - b->len)
		return NULL;
	grow(b, b->len + more);
	return b->ptr + b->len;
}

bool
buf_add(struct buf *b, struct span bytes)
{
	uint8_t *place = buf_reserve(b, bytes.len);

	if (place == NULL)
		return false;
	if (bytes.len > 0)
		memcpy(place, bytes.ptr, bytes.len);
	b->len += bytes.len;
	return true;
}

bool
buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, span_str(text));
}

bool
buf_printf(struct buf *b, const char *format, ...)
{
	va_list arguments;
	uint8_t *place;
	int n;

	va_start(arguments, format);
	n = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (n < 0 || (place = buf_reserve(b, (size_t)n)) == NULL)
		return false;
	va_start(arguments, format);
	/* The terminator goes to the byte that grow() keeps behind. */
	vsnprintf((char *)place, (size_t)n + 1, format, arguments);
	va_end(arguments);
	b->len += (size_t)n;
	return true;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->ptr, b->ptr + n, b->len - n);
	b->len -= n;
}
