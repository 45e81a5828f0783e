/*
 * A registrar that asks a MASA: what `registrar request` and `registrar
 * auditlog` share. The request is either made from a pledge's request or sent
 * as it is on file.
 */
#ifndef REGISTRAR_ASK_H
#define REGISTRAR_ASK_H

#include "registrar/client.h"

struct ask_options {
	const char *url, *trust;
	const char *key, *certificate, *chain, *passphrase;
	const char *tls_key, *tls_certificate;
	const char *pvr, *rvr, *serial, *issuer, *created_on, *accept;
	const char *format, *pledge, *pledge_key, *nonce, *pin;
	const char *agent, *agent_key;
	bool insecure, nonceless, id_data, json;
};

struct ask {
	struct ask_options options;
	struct client client;
	struct identity signer, tls;
	enum artifact_format format;	/* of the request */
	struct certificate_file pledge; /* --pledge-certificate, or empty */
	struct certificate_file agents; /* --agent-certificate, or empty */
	struct buf rvr;			/* the bytes that are sent */
};

/* The rows of both verbs; ends the table. Returns how many it filled. url: must
 * one be given? */
unsigned ask_rows(
    struct option_row rows[OPTIONS_MAX], struct ask_options *o, bool url);
/* Loads identities and makes or loads the request; the URL may be absent for one
 * that is not sent. Free also after a refusal. */
MUST_USE enum reason ask_open(struct ask *a, struct why *why);
void ask_free(struct ask *a);
/* POSTs the request to requestvoucher or requestauditlog (RFC 8995 5.6, 5.8).
 * On REASON_OK the answer is a 200 with a body that the caller frees; a 201's
 * Location has been followed. */
MUST_USE enum reason ask_send(struct ask *a, const char *resource,
    const char *accept, struct response *out, struct why *why);

#endif
