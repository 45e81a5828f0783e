/*
 * Replies (RFC 9112 4, RFC 9110 15). Refusals are one sentence of text for the
 * person who must fix it (RFC 8995 5.6, MP 4).
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/reason.h"

#define RESPONSE_HEAD_MAX 1024
#define RESPONSE_TEXT_MAX 768
#define TYPE_TEXT	  "text/plain; charset=utf-8"
#define RETRY_AFTER	  5 /* seconds, with 503 and 429 */

struct http_response {
	unsigned status;
	const char *type;
	struct span body;
	const char *allow;    /* NULL = no such field */
	unsigned retry_after; /* 0 = no such field */
	const char *location; /* NULL = no such field */
	/* Seconds that this very client may keep it; 0: nobody may. */
	unsigned max_age;
};

/* How the connection goes on behind it. */
enum http_after {
	AFTER_CLOSE,
	AFTER_KEEP,	/* HTTP/1.1: nothing need be said */
	AFTER_KEEP_OLD, /* HTTP/1.0: must be said */
};

/* Status line and fields with the empty line behind them into out; octets.
 * now is for the Date field. */
size_t response_head(char out[RESPONSE_HEAD_MAX], const struct http_response *r,
    enum http_after after, int64_t now);

/*
 * Fills r with the refusal: "sentence text (clause) [code, request id]\n" in
 * room, which must outlive r. why may be NULL; without a correlation the
 * request is left out.
 */
void response_refusal(struct http_response *r, char room[RESPONSE_TEXT_MAX],
    enum reason reason, const struct why *why, const char *correlation);

#endif
