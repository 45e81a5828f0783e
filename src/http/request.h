/*
 * An HTTP/1.1 request read strictly (RFC 9112) from what has arrived so far.
 * No allocation: spans borrow from the caller's buffer.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/reason.h"
#include "model/names.h"

#define HTTP_HEADER_MAX 16384 /* MP 17 */
#define HTTP_TARGET_MAX 2048

struct http_request {
	struct span method;
	struct span target;
	bool version_1_1;
	bool keep_alive;
	bool expect_continue;
	bool has_length;
	bool chunked;
	size_t length;		  /* Content-Length */
	struct span content_type; /* ptr NULL = absent */
	struct span accept;
	bool accept_twice; /* several fields: the last is kept */
};

enum http_progress { HTTP_MORE, HTTP_DONE, HTTP_BAD };

/* Is the header block complete in these bytes? HTTP_DONE with its length, or
 * HTTP_BAD with *reason (HEADER_TOO_LARGE, URI_TOO_LONG, HTTP_*, ...). */
enum http_progress http_header_read(struct span bytes, struct http_request *out,
    size_t *header_len, enum reason *reason, struct why *why);

/*
 * The body behind the header: HTTP_DONE with its span and the octets that it
 * took on the wire. A chunked body is joined in place, so bytes are writable.
 * BODY_TOO_LARGE as soon as that is certain.
 */
enum http_progress http_body_read(const struct http_request *q, uint8_t *bytes,
    size_t len, struct span *body, size_t *taken, enum reason *reason,
    struct why *why);

#endif
