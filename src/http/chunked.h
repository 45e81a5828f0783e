/*
 * The chunked transfer coding (RFC 9112 7.1), decoded piece by piece.
 * Extensions and trailers are read over, within limits, and dropped.
 */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include "base/buf.h"
#include "base/reason.h"

#define CHUNK_LINE_MAX	     256  /* size and extensions of one chunk */
#define CHUNK_EXTENSIONS_MAX 4096 /* of all chunks together */
#define CHUNK_TRAILER_MAX    4096 /* the whole trailer section */

struct chunked {
	enum chunk_place {
		CHUNK_SIZE,
		CHUNK_EXTENSION,
		CHUNK_SIZE_LF,
		CHUNK_DATA,
		CHUNK_DATA_CR,
		CHUNK_DATA_LF,
		CHUNK_TRAILER,
		CHUNK_TRAILER_LF,
		CHUNK_END
	} place;
	size_t size; /* of the chunk; what is missing of it */
	size_t line; /* octets of the current line */
	size_t extensions;
	size_t trailer;
};

void chunked_open(struct chunked *c);
/*
 * Takes octets off the front of *bytes and adds what they carry to body, whose
 * cap is the limit. *done when the empty line behind the last chunk was seen.
 * HTTP_MALFORMED, BODY_TOO_LARGE, HEADER_TOO_LARGE (trailers).
 */
MUST_USE enum reason chunked_feed(struct chunked *c, struct span *bytes,
    struct buf *body, bool *done, struct why *why);

#endif
