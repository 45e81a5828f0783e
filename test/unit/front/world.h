/*
 * A front that really runs, as a process of its own on loopback, between a
 * test that plays serve and a small process that plays its checker. Clients are
 * curl, openssl and libssl.
 */
#ifndef TEST_UNIT_FRONT_WORLD_H
#define TEST_UNIT_FRONT_WORLD_H

#include <openssl/ssl.h>

#include "front/front.h"

#define VOUCHER	  "/.well-known/brski/requestvoucher"
#define AUDIT	  "/.well-known/brski/requestauditlog"
#define CMS	  "application/voucher-cms+json"
#define REPLY_MAX 200000

/* Certificates by the openssl command, in a folder; group setup and teardown. */
int world_make(void **state);
int world_remove(void **state);
/* Deadlines of a fraction of a second; what a test does not want to meet it
 * makes longer. */
struct http_limits world_limits(void);
/* Starts both and waits until the front is ready. */
void world_start(const struct http_limits *limits,
    enum client_certificate client, unsigned legacy);
extern unsigned
    world_handshakes; /* rate-handshake; 0, the usual, is any number */
/* Orders the front to stop; its exit status when it has. */
int world_stop(void);
void world_send_stop(void);
int world_wait(void);
/* Ends the checker, as a crash would; starts another one. */
void checker_kill(void);
void checker_start(void);
/* Puts the other certificate into the front's home, and says so. */
void world_reload(void);

extern char folder[256];
extern int port;
/* What the openssl command says of the client's certificate, in hex. */
extern char client_sha256[65], client_key_sha256[65];

/* Runs a command line of the shell; its output, and its status. */
int run(char *out, size_t cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What the checker answers depends on the body: "refuse", "silent", "release"
 * (answers what was silent first), "large" (128 KiB), "die", else a line that
 * tells what came with it.
 */

/* --- a client of libssl --- */

enum { PLAIN_CLIENT = 0, NO_CERTIFICATE = 1, RESUME = 2 };
/* A connected socket, not yet TLS. */
int client_connect(void);
/* Hands shaken; NULL if that fails. */
SSL *client_open(int flags);
void client_close(SSL *ssl);
void client_write(SSL *ssl, const void *bytes, size_t len);
void client_say(SSL *ssl, const char *text);
/* A POST with a body, to VOUCHER. */
void client_post(SSL *ssl, const char *body);
/* One reply, as long as it says; its status, 0 if there is none. */
unsigned client_reply(SSL *ssl, char out[REPLY_MAX]);
/* Everything until the end of the connection, which must come. */
size_t client_rest(SSL *ssl, char out[REPLY_MAX]);
/* Session for RESUME, kept by client_close(). */
bool client_has_session(void);
void client_forget_session(void);

#endif
