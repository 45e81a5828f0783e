/*
 * Load for a running service, from this host: units with keys of their own,
 * IDevIDs asked for over the admin socket, and voucher requests of several
 * customers over mutual TLS. Everything that a client computes is done before
 * the clock starts; the answers are judged after it stopped.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <openssl/ec.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "model/names.h"

#define PROGRAMS_MAX	8
#define REGISTRARS_MAX	16
#define CONNECTIONS_MAX 256
#define SAMPLE		64 /* one answer of so many is verified by OpenSSL */

/* --- unit.c --- */

/* One unit. */
struct unit {
	EC_KEY *key;
	uint8_t *certificate; /* DER, once issued */
	size_t certificate_len;
	char serial[SERIAL_MAX + 1];
};

/* A unit's key pair. */
void unit_make(struct unit *d);
/*
 * Has IDevIDs issued for n units: CSRs are made first, then sent over the admin
 * socket of home, `flight` of them unanswered at any time. latency[i] becomes
 * the nanoseconds until the i-th answer, *wall those of all. Ends the process
 * if one is refused.
 */
void units_issue(struct unit *list, size_t n, const char *home,
    const char *product, size_t flight, uint64_t *latency, uint64_t *wall);

/* --- request.c --- */

/* A customer: `hallmark registrar ca` made the folder. */
struct registrar {
	EC_KEY *key;
	SSL_CTX *tls; /* with key and certificate */
	uint8_t der[CERTIFICATE_MAX], ca_der[CERTIFICATE_MAX], spki[SPKI_MAX];
	size_t len, ca_len, spki_len;
};

void registrar_load(struct registrar *r, const char *folder);
/* A whole POST: HTTP header and RVR of this registrar around a PVR of this
 * unit, both in this format, with a fresh nonce. In COSE the pledge's certificate
 * stands in the registrar's bag, as MP 10.1 has it. */
void request_make(const struct unit *d, const struct registrar *r,
    enum artifact_format format, unsigned port, char nonce[NONCE_MAX + 1],
    struct buf *out);
/* The voucher root, for OpenSSL and as the key that a pledge has. */
struct root {
	X509_STORE *store;
	uint8_t spki[SPKI_MAX];
	size_t spki_len;
};
void root_load(struct root *root, const char *path);
/* CMS by OpenSSL's CMS, JWS and COSE as a pledge judges them, against the root;
 * serial and nonce must be in it. Ends the process if anything is wrong. */
void voucher_check(struct span artifact, enum artifact_format format,
    const struct root *root, const char *serial, const char *nonce);

/* --- load.c --- */

enum load_mode {
	LOAD_WARM,   /* the connection stays */
	LOAD_NEW,    /* a full handshake for each request */
	LOAD_RESUMED /* a resumed one for each */
};

struct job {
	struct buf request;
	uint64_t
	    latency; /* nanoseconds, from connect or from the first write */
	bool keep;   /* the answer goes to reply */
	struct buf reply;
};

struct load {
	enum load_mode mode;
	unsigned port;
	struct registrar *registrars;
	unsigned registrars_len;
	unsigned connections; /* each has one request in flight */
	struct job *jobs;     /* job i is of registrar i % registrars_len */
	size_t jobs_len;
};

/* Opens the connections (one request on each: the first jobs), then starts the
 * clock and sends the rest. Returns the nanoseconds of that. Ends the process
 * at any answer but 200, or after five
 * minutes. */
uint64_t load_run(const struct load *l, void (*start)(void));

/* --- measure.c --- */

struct program {
	char name[16];
	int pid;
	uint64_t cpu;		 /* nanoseconds used so far */
	unsigned long rss, peak; /* KiB */
};

uint64_t now_ns(void);
/* Reads what the kernel counted for these programs. */
void programs_read(struct program *list, unsigned n);

/* Operations per second of CPU time on this core, in this process. */
struct rates {
	double sign, verify, exchange; /* P-256, P-256, X25519 */
	double sha256;		       /* octets */
};
void rates_measure(struct rates *out);
/* Median nanoseconds of a write of 4 KiB and fdatasync into folder. */
uint64_t sync_measure(const char *folder);

#endif
