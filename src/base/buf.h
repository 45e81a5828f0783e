/*
 * A growing byte buffer with a cap. Running out of memory ends the process; to
 * exceed the cap is an error of the caller's input and is returned.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "wire/span.h"

struct buf {
	uint8_t *ptr;
	size_t len;
	size_t room; /* allocated */
	size_t cap;  /* never more than this */
};

/* An empty buffer that will hold at most cap bytes. Allocates nothing yet. */
void buf_init(struct buf *b, size_t cap);
/* Gives the memory back; the buffer is empty again. NULL is allowed. */
void buf_free(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Appends; false (and nothing appended) if the cap would be exceeded. */
bool buf_add(struct buf *b, struct span bytes);
bool buf_add_text(struct buf *b, const char *text);
bool buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for more bytes behind len and returns the place, NULL over cap;
 * the caller writes there and adds to len. */
uint8_t *buf_reserve(struct buf *b, size_t more);
/* Drops n bytes at the front. */
void buf_drop(struct buf *b, size_t n);
static inline struct span
buf_span(const struct buf *b)
{
	return span_of(b->ptr, b->len);
}

#endif
