/*
 * The HTTP/1.1 request reader (RFC 9112): small, strict, incremental. It is
 * handed whatever came from the network, in pieces of any size, and keeps one
 * request: its header block and its body, both with a cap. What RFC 9112 lets a
 * recipient forgive and two recipients may read in two ways is refused: bare
 * line feeds, folded lines, blanks in front of a colon, two lengths.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/buf.h"
#include "base/reason.h"
#include "http/chunked.h"

#define HTTP_HEADER_MAX 16384 /* request line to empty line, MP 17 */
#define HTTP_TARGET_MAX 2048
#define HTTP_METHOD_MAX 32
#define HTTP_ACCEPT_MAX 8 /* Accept fields in one request */

enum http_method { HTTP_OTHER, HTTP_GET, HTTP_HEAD, HTTP_POST };

/* A request's header; all spans lie in the reader's header buffer. */
struct http_request {
	enum http_method method;
	bool old;	  /* HTTP/1.0 */
	struct span path; /* of the target, without its query */
	bool keep_alive;
	bool expect_continue; /* the client waits for 100 (Continue) */
	bool chunked;
	size_t length; /* of the body, unless it is chunked */
	bool has_type;
	struct span type; /* Content-Type */
	unsigned accept_len;
	struct span accept[HTTP_ACCEPT_MAX];
	struct span body; /* when it is complete */
};

/*
 * Reads a header block that ends with its empty line; every line of it ends
 * with CRLF and holds no control characters but tab.
 * HTTP_MALFORMED, HTTP_VERSION, HTTP_HOST, HTTP_LENGTH, HTTP_LENGTH_REQUIRED,
 * HTTP_CODING, HTTP_EXPECT, BODY_TOO_LARGE, URI_TOO_LONG, HEADER_TOO_LARGE.
 */
MUST_USE enum reason header_read(
    struct span block, struct http_request *q, struct why *why);

enum http_event {
	HTTP_MORE,     /* all was taken, the request goes on */
	HTTP_HEADER,   /* the header is there: judge it, then feed again */
	HTTP_COMPLETE, /* the body, too; what follows is the next request's */
	HTTP_REFUSED,  /* reason and why say it; nothing more can be read */
};

struct http_reader {
	enum http_place {
		PLACE_HEADER,
		PLACE_HEADER_DONE,
		PLACE_BODY,
		PLACE_DONE,
		PLACE_REFUSED
	} place;
	struct buf header;
	struct buf body;
	size_t line;	 /* octets of the current line, without CR */
	size_t lines;	 /* before the current one */
	unsigned blanks; /* in the request line */
	size_t target;	 /* octets of the target so far */
	bool after_cr;
	bool empty_line; /* one was skipped in front, RFC 9112 2.2 */
	struct chunked chunked;
	struct http_request request;
	enum reason reason;
	struct why why;
};

/* Allocates nothing yet. */
void reader_open(struct http_reader *r);
/* Forgets the request and gives its memory back; ready for the next one. */
void reader_next(struct http_reader *r);
void reader_close(struct http_reader *r);
/*
 * Takes octets off the front of *bytes and says what that led to. May be called
 * with an empty span; after HTTP_HEADER it must be called again, for a request
 * without a body is complete only then. After HTTP_COMPLETE and HTTP_REFUSED it
 * takes nothing and says the same again.
 */
enum http_event reader_feed(struct http_reader *r, struct span *bytes);
/* Has the first octet of a request been seen? */
bool reader_begun(const struct http_reader *r);

#endif
