/* SHA-2 and HMAC, see hash.h. */
#include "crypto/hash/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/fatal.h"

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

void
hash_bytes(enum hash_algorithm a, struct span data, uint8_t *out)
{
	switch (a) {
	case HASH_SHA256:
		SHA256(data.ptr, data.len, out);
		return;
	case HASH_SHA384:
		SHA384(data.ptr, data.len, out);
		return;
	case HASH_SHA512:
		SHA512(data.ptr, data.len, out);
		return;
	case HASH_NONE:
		break;
	}
	fatal("a hash without algorithm");
}

void
hash_pieces(enum hash_algorithm a, const struct span *pieces, size_t count,
    uint8_t *out)
{
	static const EVP_MD *(*const md[])(void) = { NULL, EVP_sha256,
		EVP_sha384, EVP_sha512 };
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t i;

	if (a == HASH_NONE || c == NULL ||
	    EVP_DigestInit_ex(c, md[a](), NULL) != 1)
		fatal("hash");
	for (i = 0; i < count; i++)
		if (EVP_DigestUpdate(c, pieces[i].ptr, pieces[i].len) != 1)
			fatal("hash");
	if (EVP_DigestFinal_ex(c, out, NULL) != 1)
		fatal("hash");
	EVP_MD_CTX_free(c);
}

void
sha256(struct span data, uint8_t out[32])
{
	SHA256(data.ptr, data.len, out);
}

void
sha1(struct span data, uint8_t out[20])
{
	SHA1(data.ptr, data.len, out);
}

void
hmac_sha256(struct span key, struct span data, uint8_t out[32])
{
	unsigned len = 32;

	if (HMAC(EVP_sha256(), key.ptr, (int)key.len, data.ptr, data.len, out,
	    &len) == NULL)
		fatal("HMAC");
}
