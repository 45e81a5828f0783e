/*
 * A layer between our programs and libcrypto that counts the calls which the
 * hot path must not make (house of OpenSSL objects: certificates, CMS, decoding
 * of keys), and some that it does make, which prove that the layer is in place.
 * LD_PRELOAD brings it in. The counts lie in a file whose name is CALLS_FILE, a dot
 * and the process, as records of 56 octets of name and a 64-bit number; it is opened
 * and mapped before main(), so that a program without files can go on counting.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* All take at most six words and give one, so that one shape passes them on. */
#define CALLS(CALL)                   \
	CALL(d2i_X509)                \
	CALL(d2i_X509_bio)            \
	CALL(d2i_X509_AUX)            \
	CALL(d2i_X509_REQ)            \
	CALL(d2i_X509_CRL)            \
	CALL(d2i_X509_NAME)           \
	CALL(d2i_X509_EXTENSION)      \
	CALL(d2i_X509_ALGOR)          \
	CALL(d2i_X509_PUBKEY)         \
	CALL(X509_new)                \
	CALL(X509_new_ex)             \
	CALL(X509_dup)                \
	CALL(X509_REQ_new)            \
	CALL(X509_STORE_new)          \
	CALL(X509_STORE_CTX_new)      \
	CALL(X509_verify)             \
	CALL(X509_verify_cert)        \
	CALL(X509_get_pubkey)         \
	CALL(X509_PUBKEY_get)         \
	CALL(PEM_read_bio_X509)       \
	CALL(PEM_read_bio_PrivateKey) \
	CALL(PEM_read_bio_PUBKEY)     \
	CALL(PEM_ASN1_read_bio)       \
	CALL(d2i_CMS_ContentInfo)     \
	CALL(d2i_CMS_bio)             \
	CALL(i2d_CMS_ContentInfo)     \
	CALL(CMS_ContentInfo_new)     \
	CALL(CMS_verify)              \
	CALL(CMS_sign)                \
	CALL(CMS_add1_signer)         \
	CALL(CMS_final)               \
	CALL(d2i_PKCS7)               \
	CALL(d2i_PUBKEY)              \
	CALL(d2i_PUBKEY_ex)           \
	CALL(d2i_EC_PUBKEY)           \
	CALL(d2i_RSA_PUBKEY)          \
	CALL(d2i_PublicKey)           \
	CALL(d2i_PrivateKey)          \
	CALL(d2i_AutoPrivateKey)      \
	CALL(d2i_ECPrivateKey)        \
	CALL(o2i_ECPublicKey)         \
	CALL(OSSL_DECODER_from_data)  \
	CALL(OSSL_DECODER_from_bio)   \
	CALL(EVP_PKEY_fromdata)       \
	CALL(EC_KEY_oct2key)          \
	CALL(EC_KEY_check_key)        \
	CALL(SHA256_Update)           \
	CALL(ECDSA_do_verify)         \
	CALL(ECDSA_do_sign_ex)        \
	CALL(SSL_do_handshake)        \
	CALL(SSL_read)

enum call {
#define NUMBER(name) CALL_##name,
	CALLS(NUMBER) CALL_COUNT
};

struct counted {
	char name[56];
	uint64_t calls;
};

typedef void *(*function)(void *, void *, void *, void *, void *, void *);

static struct counted nobody[CALL_COUNT], *counted = nobody;
static function real[CALL_COUNT];

static const char *const names[] = {
#define NAME(name) #name,
	CALLS(NAME)
};

/* A call may come from another constructor, before ours. */
static function
count(enum call i)
{
	if (real[i] == NULL)
		real[i] = (function)(uintptr_t)dlsym(RTLD_NEXT, names[i]);
	if (real[i] == NULL)
		abort();
	__atomic_fetch_add(&counted[i].calls, 1, __ATOMIC_RELAXED);
	return real[i];
}

#define WRAP(name)                                                       \
	void *name(void *, void *, void *, void *, void *, void *);      \
	void *name(void *a, void *b, void *c, void *d, void *e, void *f) \
	{                                                                \
		return count(CALL_##name)(a, b, c, d, e, f);             \
	}
CALLS(WRAP)

static __attribute__((constructor)) void
calls_open(void)
{
	const char *path = getenv("CALLS_FILE");
	char own[PATH_MAX];
	struct counted *map;
	size_t i;
	int fd;

	if (path == NULL)
		return;
	/* One for each: a checker apart runs under the name of the first. */
	snprintf(own, sizeof(own), "%s.%ld", path, (long)getpid());
	fd = open(own, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(nobody)) != 0)
		abort();
	map = mmap(
	    NULL, sizeof(nobody), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	close(fd);
	for (i = 0; i < CALL_COUNT; i++) {
		snprintf(map[i].name, sizeof(map[i].name), "%s", names[i]);
		map[i].calls = nobody[i].calls;
		/* A program need not have libssl. */
		real[i] = (function)(uintptr_t)dlsym(RTLD_NEXT, names[i]);
	}
	counted = map;
}
