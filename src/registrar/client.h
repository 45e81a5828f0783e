/*
 * An HTTPS client for one exchange: TLS 1.2 or newer, SNI, the server's name
 * checked (RFC 8995 5.4), a client certificate, one deadline for all of it.
 */
#ifndef REGISTRAR_CLIENT_H
#define REGISTRAR_CLIENT_H

#include "registrar/registrar.h"
#include "registrar/response.h"

#define CLIENT_DEADLINE 30000 /* ms from connect to the last byte */

struct client {
	struct url url;
	/* PEM file of CAs, or of the server's own certificate, which then is
	 * taken whatever its name and dates; NULL = the system's CAs. */
	const char *trust;
	bool insecure;			 /* any server certificate */
	const struct identity *identity; /* NULL = no client certificate */
};

struct exchange {
	const char *method; /* GET, POST */
	const char *path;
	const char *content_type; /* NULL = no body */
	const char *accept;
	struct span body;
};

/*
 * Asks and waits. CONNECT_FAILED (also: no whole, well-formed answer before the
 * deadline), SERVER_CERTIFICATE, FILE_UNREADABLE. On REASON_OK the caller frees
 * out->body.
 */
MUST_USE enum reason client_exchange(const struct client *c,
    const struct exchange *e, struct response *out, struct why *why);
/*
 * The refusal in an answer: the reason whose sentence the body has, or
 * ANSWER_REFUSED. why gets status and sentence, as far as printable.
 */
enum reason response_refusal(const struct response *r, struct why *why);

#endif
