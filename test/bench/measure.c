/* What things cost: the kernel's counts, and the raw rates of libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <fcntl.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"
#include "bench.h"

#define ROUND_NS 150000000 /* for each raw rate */
#define SYNCS	 101

static uint64_t
clock_ns(clockid_t which)
{
	struct timespec t;

	if (clock_gettime(which, &t) != 0)
		fatal_errno("clock_gettime");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static unsigned long
status_kib(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? 0 : strtoul(at + strlen(name), NULL, 10);
}

static void
read_text(int pid, const char *name, char *out, size_t cap)
{
	char path[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	if ((f = fopen(path, "r")) == NULL)
		fatal_errno("%s", path);
	n = fread(out, 1, cap - 1, f);
	out[n] = '\0';
	fclose(f);
}

/* schedstat counts the one thread that each program has, to the nanosecond;
 * stat would count ticks. */
void
programs_read(struct program *list, unsigned n)
{
	char text[4096];
	unsigned i;

	for (i = 0; i < n; i++) {
		read_text(list[i].pid, "status", text, sizeof(text));
		if (status_kib(text, "\nThreads:") != 1)
			fatal("%s has more than one thread", list[i].name);
		list[i].rss = status_kib(text, "\nVmRSS:");
		list[i].peak = status_kib(text, "\nVmHWM:");
		read_text(list[i].pid, "schedstat", text, sizeof(text));
		list[i].cpu = strtoull(text, NULL, 10);
	}
}

/* --- raw rates --- */

struct raw {
	EC_KEY *key;
	ECDSA_SIG *signature;
	EVP_PKEY *peer;
	uint8_t digest[32];
	uint8_t block[16384];
};

static void
raw_sign(struct raw *r)
{
	uint8_t out[80];
	unsigned len;

	r->digest[0]++;
	if (ECDSA_sign(0, r->digest, 32, out, &len, r->key) != 1)
		fatal("ECDSA_sign");
}

static void
raw_verify(struct raw *r)
{
	if (ECDSA_do_verify(r->digest, 32, r->signature, r->key) != 1)
		fatal("ECDSA_do_verify");
}

/* A server's part of a key exchange is two of these. */
static void
raw_exchange(struct raw *r)
{
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
	uint8_t secret[32];
	size_t len = sizeof(secret);

	if (c == NULL || EVP_PKEY_derive_init(c) != 1 ||
	    EVP_PKEY_derive_set_peer(c, r->peer) != 1 ||
	    EVP_PKEY_derive(c, secret, &len) != 1)
		fatal("X25519");
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(own);
}

static void
raw_hash(struct raw *r)
{
	SHA256(r->block, sizeof(r->block), r->digest);
}

static double
rate(void (*call)(struct raw *), struct raw *r)
{
	uint64_t begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID), spent;
	unsigned i, n = 0;

	do {
		for (i = 0; i < 64; i++)
			call(r);
		n += i;
		spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
	} while (spent < ROUND_NS);
	return n * 1e9 / (double)spent;
}

void
rates_measure(struct rates *out)
{
	static struct raw r;

	if (r.key == NULL) {
		r.key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
		r.peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
		if (r.key == NULL || r.peer == NULL ||
		    EC_KEY_generate_key(r.key) != 1)
			fatal("keys");
	}
	out->sign = rate(raw_sign, &r);
	r.signature = ECDSA_do_sign(r.digest, 32, r.key);
	out->verify = rate(raw_verify, &r);
	ECDSA_SIG_free(r.signature);
	/* Key pair and shared secret are one multiplication each. */
	out->exchange = 2 * rate(raw_exchange, &r);
	out->sha256 = sizeof(r.block) * rate(raw_hash, &r);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t
sync_measure(const char *folder)
{
	static const uint8_t page[4096];
	uint64_t took[SYNCS], begin;
	char path[4096];
	int fd, i;

	snprintf(path, sizeof(path), "%s/sync", folder);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		fatal_errno("%s", path);
	for (i = 0; i < SYNCS; i++) {
		begin = now_ns();
		if (write(fd, page, sizeof(page)) != sizeof(page) ||
		    fdatasync(fd) != 0)
			fatal_errno("%s", path);
		took[i] = now_ns() - begin;
	}
	close(fd);
	unlink(path);
	qsort(took, SYNCS, sizeof(took[0]), compare);
	return took[SYNCS / 2];
}
