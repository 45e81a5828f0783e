/*
 * What inputs cost: `worst TARGET FILE...` reads each once and counts, then more
 * often and takes the least of its processor time. One line a file: octets,
 * blocks of our own code that were run (0 unless compiled to be counted),
 * signatures that were verified, octets that were hashed, octets of the heap at
 * the most, microseconds. test/fuzz/worst compiles this with all targets in one program.
 */
#include <limits.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <time.h>

#include "crypto/hash/hash.h"
#include "forget.h"
#include "fuzz.h"

#define RUNS	 7
#define ROOM	 (1 << 20)
#define PATIENCE 1000000 /* microseconds; slower ones are read twice only */

bool faults_all;

static struct {
	uint64_t blocks, verified, hashed;
	size_t live, peak;
} now;

/* What the compiler calls at the beginning of each block of code, if asked. */
void __sanitizer_cov_trace_pc(void);
void
__sanitizer_cov_trace_pc(void)
{
	now.blocks++;
}

/* --- the heap: ours by the linker's --wrap, libcrypto's by its hook --- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static void *
taken(void *p)
{
	now.live += malloc_usable_size(p);
	if (now.live > now.peak)
		now.peak = now.live;
	return p;
}

/* What was allocated before an input may end within it. */
static void
given(void *p)
{
	size_t size = malloc_usable_size(p);

	now.live -= size < now.live ? size : now.live;
}

void *
__wrap_malloc(size_t size)
{
	return taken(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return taken(__real_calloc(count, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
	given(p);
	return taken(__real_realloc(p, size));
}

void
__wrap_free(void *p)
{
	given(p);
	__real_free(p);
}

static void *
crypto_new(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 ? NULL : __wrap_malloc(size);
}

static void *
crypto_resize(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size > 0)
		return __wrap_realloc(p, size);
	__wrap_free(p);
	return NULL;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	__wrap_free(p);
}

__attribute__((constructor)) static void
crypto_hook(void)
{
	require(
	    CRYPTO_set_mem_functions(crypto_new, crypto_resize, crypto_free));
}

/* --- what libcrypto does for us --- */

int __real_ECDSA_do_verify(
    const unsigned char *digest, int len, const ECDSA_SIG *sig, EC_KEY *key);
int __wrap_ECDSA_do_verify(
    const unsigned char *digest, int len, const ECDSA_SIG *sig, EC_KEY *key);
int __real_EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig,
    size_t sig_len, const unsigned char *message, size_t len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig,
    size_t sig_len, const unsigned char *message, size_t len);

int
__wrap_ECDSA_do_verify(
    const unsigned char *digest, int len, const ECDSA_SIG *sig, EC_KEY *key)
{
	now.verified++;
	return __real_ECDSA_do_verify(digest, len, sig, key);
}

int
__wrap_EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_len,
    const unsigned char *message, size_t len)
{
	now.verified++;
	return __real_EVP_DigestVerify(c, sig, sig_len, message, len);
}

void __real_hash_bytes(enum hash_algorithm a, struct span bytes, uint8_t *out);
void __wrap_hash_bytes(enum hash_algorithm a, struct span bytes, uint8_t *out);
void __real_sha256(struct span bytes, uint8_t out[32]);
void __wrap_sha256(struct span bytes, uint8_t out[32]);

void
__wrap_hash_bytes(enum hash_algorithm a, struct span bytes, uint8_t *out)
{
	now.hashed += bytes.len;
	__real_hash_bytes(a, bytes, out);
}

void
__wrap_sha256(struct span bytes, uint8_t out[32])
{
	now.hashed += bytes.len;
	__real_sha256(bytes, out);
}

/* --- targets --- */

/* Nobody judges here what was read. */
bool
oracle_begin(void)
{
	return false;
}

void
oracle_end(void)
{
}

uint64_t
digest_add(uint64_t digest, const void *bytes, size_t len)
{
	(void)bytes;
	return digest + len + 1;
}

typedef uint64_t (*target_call)(const uint8_t *bytes, size_t len);

/* -DTARGETS='T(cbor) T(cms) ...' */
#define T(name)                                                 \
	uint64_t read_##name(const uint8_t *bytes, size_t len); \
	__attribute__((weak))                                   \
	uint64_t decode_##name(const uint8_t *bytes, size_t len);
TARGETS
#undef T

#define T(name) { #name, read_##name, decode_##name },
static const struct {
	const char *name;
	target_call read, decode;
} targets[] = { TARGETS };

static target_call
target_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].decode != NULL ? targets[i].decode
							 : targets[i].read;
	fprintf(stderr, "worst: no target %s\n", name);
	exit(1);
}

static uint64_t
cpu_micros(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* With nothing remembered, as from a stranger. */
static uint64_t
read_cold(target_call call, const uint8_t *bytes, size_t len)
{
	uint64_t before;

	forget();
	ERR_clear_error();
	memset(&now, 0, sizeof(now));
	before = cpu_micros();
	(void)call(bytes, len);
	return cpu_micros() - before;
}

static void
file_measure(target_call call, const char *path)
{
	static uint8_t room[ROOM];
	uint64_t least = UINT64_MAX, micros;
	FILE *f = fopen(path, "rb");
	size_t len;
	unsigned i;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	len = fread(room, 1, sizeof(room), f);
	fclose(f);
	/* The first reading may set up what the process keeps. */
	(void)read_cold(call, room, len);
	/* Where blocks are counted nobody asks for the time. */
	for (i = 0; i < RUNS && (i == 0 || now.blocks == 0); i++) {
		micros = read_cold(call, room, len);
		least = micros < least ? micros : least;
		if (micros > PATIENCE)
			break;
	}
	printf("%zu %llu %llu %llu %zu %llu %s\n", len,
	    (unsigned long long)now.blocks, (unsigned long long)now.verified,
	    (unsigned long long)now.hashed, now.peak, (unsigned long long)least,
	    path);
}

int
main(int argc, char **argv)
{
	target_call call;
	struct rusage usage;
	char path[PATH_MAX];
	int i;

	if (argc < 2)
		return 1;
	call = target_find(argv[1]);
	for (i = 2; i < argc; i++)
		file_measure(call, argv[i]);
	/* More than an argument list takes. */
	while (argc == 2 && fgets(path, sizeof(path), stdin) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		file_measure(call, path);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("resident %ld\n", usage.ru_maxrss);
	return 0;
}
