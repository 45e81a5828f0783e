/*
 * TLS of the server side (MP 1; RFC 8995 5.4): 1.2 and newer. A client
 * certificate is demanded, or asked for, and never judged: any issuer, any
 * dates, any usage. That its owner has the key is proven by the
 * handshake; what it is worth is for others to say.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <openssl/ssl.h>

#include "base/reason.h"
#include "http/server.h"
#include "model/names.h"

/* A context of its own, for SSL_CTX_free(). HOME_INVALID naming the file that
 * serve read the PEM from. No file is opened. */
MUST_USE enum reason tls_open(
    const struct tls_identity *own, SSL_CTX **out, struct why *why);

/* The last second of the certificate of such a context. */
int64_t tls_end(const SSL_CTX *c);

/* SHA-256 of the client's certificate and of its SubjectPublicKeyInfo, also on
 * a resumed session; all zero, and false, if there is none. */
bool tls_client(
    const SSL *ssl, uint8_t certificate[HASH_SIZE], uint8_t spki[HASH_SIZE]);

/* Did its handshake, done or failed, cost what a full one may? Not where it was
 * resumed, or nothing came; nor where ssl is NULL. */
bool tls_full(const SSL *ssl);

/* Lets a client that was served come back without a full handshake. Strangers
 * cannot: a ticket costs as much as a signature, and a session the room of one that
 * was served. */
void tls_remember(SSL *ssl);

/* Tells the peer that this is all, and keeps the session usable. */
void tls_goodbye(SSL *ssl);

#endif
