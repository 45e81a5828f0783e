/*
 * SHA-2 and HMAC, see hash.h. The low-level interface on purpose: SHA256() and
 * HMAC() of OpenSSL 3.0 look their algorithm up on every call, which costs
 * eight times the hash of a certificate's key.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash/hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/fatal.h"

#define BLOCK_MAX 128

struct hash {
	enum hash_algorithm algorithm;
	union {
		SHA256_CTX small;
		SHA512_CTX large; /* SHA-384, too */
	};
};

void
hash_prepare(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		fatal("libcrypto cannot be set up");
}

size_t
hash_size(enum hash_algorithm a)
{
	switch (a) {
	case HASH_SHA256:
		return 32;
	case HASH_SHA384:
		return 48;
	case HASH_SHA512:
		return 64;
	case HASH_NONE:
		break;
	}
	return 0;
}

static void
hash_begin(struct hash *h, enum hash_algorithm a)
{
	int good = 0;

	h->algorithm = a;
	switch (a) {
	case HASH_SHA256:
		good = SHA256_Init(&h->small);
		break;
	case HASH_SHA384:
		good = SHA384_Init(&h->large);
		break;
	case HASH_SHA512:
		good = SHA512_Init(&h->large);
		break;
	case HASH_NONE:
		break;
	}
	if (good != 1)
		fatal("a hash without algorithm");
}

static void
hash_add(struct hash *h, struct span data)
{
	int good = 1;

	if (data.len > 0)
		good = h->algorithm == HASH_SHA256
		    ? SHA256_Update(&h->small, data.ptr, data.len)
		    : SHA512_Update(&h->large, data.ptr, data.len);
	if (good != 1)
		fatal("hash");
}

/* SHA-384 is SHA-512 cut short: its state knows how far. */
static void
hash_end(struct hash *h, uint8_t *out)
{
	if ((h->algorithm == HASH_SHA256 ? SHA256_Final(out, &h->small)
					 : SHA512_Final(out, &h->large)) != 1)
		fatal("hash");
}

void
hash_pieces(enum hash_algorithm a, const struct span *pieces, size_t count,
    uint8_t *out)
{
	struct hash h;
	size_t i;

	hash_begin(&h, a);
	for (i = 0; i < count; i++)
		hash_add(&h, pieces[i]);
	hash_end(&h, out);
}

void
hash_bytes(enum hash_algorithm a, struct span data, uint8_t *out)
{
	hash_pieces(a, &data, 1, out);
}

void
sha256(struct span data, uint8_t out[32])
{
	hash_pieces(HASH_SHA256, &data, 1, out);
}

void
sha1(struct span data, uint8_t out[20])
{
	SHA_CTX c;

	if (SHA1_Init(&c) != 1 ||
	    (data.len > 0 && SHA1_Update(&c, data.ptr, data.len) != 1) ||
	    SHA1_Final(out, &c) != 1)
		fatal("hash");
}

/* H((key ^ pad) || pieces), the inner and the outer half of RFC 2104 2. */
static void
hmac_half(enum hash_algorithm a, const uint8_t key[BLOCK_MAX], uint8_t pad,
    const struct span *pieces, size_t count, uint8_t *out)
{
	size_t i, size = a == HASH_SHA256 ? SHA256_CBLOCK : SHA512_CBLOCK;
	uint8_t block[BLOCK_MAX];
	struct hash h;

	for (i = 0; i < size; i++)
		block[i] = key[i] ^ pad;
	hash_begin(&h, a);
	hash_add(&h, span_of(block, size));
	for (i = 0; i < count; i++)
		hash_add(&h, pieces[i]);
	hash_end(&h, out);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&h, sizeof(h));
}

void
hmac_pieces(enum hash_algorithm a, struct span key, const struct span *pieces,
    size_t count, uint8_t *out)
{
	size_t block_size = a == HASH_SHA256 ? SHA256_CBLOCK : SHA512_CBLOCK;
	uint8_t block[BLOCK_MAX] = { 0 }, inner[HASH_MAX];
	struct span middle = span_of(inner, hash_size(a));

	if (key.len > block_size)
		hash_bytes(a, key, block);
	else if (key.len > 0)
		memcpy(block, key.ptr, key.len);
	hmac_half(a, block, 0x36, pieces, count, inner);
	hmac_half(a, block, 0x5c, &middle, 1, out);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(inner, sizeof(inner));
}

void
hmac_sha256(struct span key, struct span data, uint8_t out[32])
{
	hmac_pieces(HASH_SHA256, key, &data, 1, out);
}
