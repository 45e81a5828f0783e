/*
 * An HTTP/1.1 answer as a strict client reads it (RFC 9112), and the URLs that
 * it is asked from. Pure functions over bytes.
 */
#ifndef REGISTRAR_RESPONSE_H
#define REGISTRAR_RESPONSE_H

#include "base/buf.h"

#define HEADER_MAX 16384 /* MP 17 */
#define ANSWER_MAX 262144

struct url {
	char host[256]; /* without the brackets of an IPv6 address */
	char port[6];
	char authority[270]; /* as the Host field wants it */
	char path[1024];     /* "" = none given */
};

/* https://host[:port][/path]; no user, query or fragment. false otherwise. */
bool url_parse(const char *text, struct url *out);

struct response {
	unsigned status;
	char media_type[128]; /* lower case, without parameters */
	char location[1024];
	uint64_t retry_after; /* seconds, 0 = not said */
	struct buf body;      /* filled by a complete answer */
};

enum response_state { RESPONSE_MORE, RESPONSE_DONE, RESPONSE_BAD };

/*
 * Looks whether bytes hold a whole answer; `closed` says that none will follow.
 * Interim answers (1xx) are passed over. Refused: bare line feeds, folded
 * lines, white space before a colon, Content-Length twice or with
 * Transfer-Encoding, other codings than chunked, bytes behind the end, neither
 * length nor chunks, over ANSWER_MAX. After RESPONSE_DONE the caller frees
 * out->body; otherwise it is empty.
 */
enum response_state response_read(
    struct span bytes, bool closed, struct response *out);

#endif
