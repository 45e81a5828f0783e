/* The TLS side of the service (MP 1; ). */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/config.h"

struct ssl_ctx_st;
struct ssl_st;

/* TLS 1.2 and 1.3, X25519 first, stateful resumption, client certificates asked
 * for by mode and never validated. HOME_INVALID if the files do not load. */
MUST_USE enum reason tls_open(const char *certificate, const char *key,
    enum client_certificate mode, struct ssl_ctx_st **out, struct why *why);
void tls_free(struct ssl_ctx_st *context);
/* The server's side of a new connection; ends the process without memory. */
struct ssl_st *tls_accept(struct ssl_ctx_st *context);
/* Says to the peer that nothing more will come (close_notify). */
void tls_finish(struct ssl_st *ssl);
/* SHA-256 of the client's certificate and of its SubjectPublicKeyInfo, zeros if
 * it sent none. */
void tls_client(struct ssl_st *ssl, uint8_t certificate[32], uint8_t spki[32]);

#endif
