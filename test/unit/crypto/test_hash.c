/* Hashes and HMAC: published answers (FIPS 180-4, RFC 4231), and OpenSSL's EVP
 * for every length around the block sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text.h"
#include "crypto/hash/hash.h"

static void
hex_equal(const uint8_t *bytes, const char *hex)
{
	char text[HEX_SIZE(HASH_MAX)];

	hex_encode(text, span_of(bytes, strlen(hex) / 2));
	assert_string_equal(text, hex);
}

static void
published_digests(void **state)
{
	uint8_t out[HASH_MAX];

	(void)state;
	sha256(span_str("abc"), out);
	hex_equal(out,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	sha256(span_of(NULL, 0), out);
	hex_equal(out,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	hash_bytes(HASH_SHA384, span_str("abc"), out);
	hex_equal(out,
	    "cb00753f45a35e8bb5a03d699ac65007"
	    "272c32ab0eded1631a8b605a43ff5bed"
	    "8086072ba1e7cc2358baeca134c825a7");
	hash_bytes(HASH_SHA512, span_str("abc"), out);
	hex_equal(out,
	    "ddaf35a193617abacc417349ae204131"
	    "12e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd"
	    "454d4423643ce80e2a9ac94fa54ca49f");
	sha1(span_str("abc"), out);
	hex_equal(out, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* RFC 4231 4.2, 4.3 and 4.7 (a key longer than a block). */
static void
published_hmacs(void **state)
{
	uint8_t key[131], out[32];

	(void)state;
	memset(key, 0x0b, 20);
	hmac_sha256(span_of(key, 20), span_str("Hi There"), out);
	hex_equal(out,
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	hmac_sha256(
	    span_str("Jefe"), span_str("what do ya want for nothing?"), out);
	hex_equal(out,
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(span_of(key, sizeof(key)),
	    span_str("Test Using Larger "
		     "Than Block-Size Key - Hash Key First"),
	    out);
	hex_equal(out,
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

static const EVP_MD *(*const evp[])(
    void) = { NULL, EVP_sha256, EVP_sha384, EVP_sha512 };

static void
digests_like_openssl(void **state)
{
	uint8_t data[300], ours[HASH_MAX], theirs[HASH_MAX];
	enum hash_algorithm a;
	size_t len, cut;

	(void)state;
	for (len = 0; len < sizeof(data); len++)
		data[len] = (uint8_t)(len * 7);
	for (a = HASH_SHA256; a <= HASH_SHA512; a++) {
		for (len = 0; len < sizeof(data); len++) {
			cut = len / 3;
			struct span pieces[] = { span_of(data, cut),
				span_of(NULL, 0),
				span_of(data + cut, len - cut) };

			assert_int_equal(
			    EVP_Digest(data, len, theirs, NULL, evp[a](), NULL),
			    1);
			hash_bytes(a, span_of(data, len), ours);
			assert_memory_equal(ours, theirs, hash_size(a));
			hash_pieces(a, pieces, 3, ours);
			assert_memory_equal(ours, theirs, hash_size(a));
		}
	}
}

static void
hmacs_like_openssl(void **state)
{
	uint8_t data[300], ours[HASH_MAX], theirs[HASH_MAX];
	enum hash_algorithm a;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(data); len++)
		data[len] = (uint8_t)(len * 5);
	for (a = HASH_SHA256; a <= HASH_SHA512; a++) {
		for (len = 1; len < 200; len++) {
			struct span pieces[] = { span_of(data, len / 2),
				span_of(data + len / 2, len - len / 2) };

			assert_non_null(HMAC(evp[a](), data + 100, (int)len,
			    data, len, theirs, NULL));
			hmac_pieces(
			    a, span_of(data + 100, len), pieces, 2, ours);
			assert_memory_equal(ours, theirs, hash_size(a));
		}
	}
}

/* The generator of RFC 6979 overwrites its key and its input. */
static void
hmac_in_place(void **state)
{
	uint8_t key[32] = { 1, 2, 3 }, v[32] = { 4, 5, 6 }, expected[32];
	struct span piece = span_of(v, sizeof(v));

	(void)state;
	hmac_sha256(span_of(key, sizeof(key)), piece, expected);
	hmac_pieces(HASH_SHA256, span_of(key, sizeof(key)), &piece, 1, v);
	assert_memory_equal(v, expected, sizeof(v));
	hmac_sha256(span_of(key, sizeof(key)), piece, expected);
	hmac_pieces(HASH_SHA256, span_of(key, sizeof(key)), &piece, 1, key);
	assert_memory_equal(key, expected, sizeof(key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_digests),
		cmocka_unit_test(published_hmacs),
		cmocka_unit_test(digests_like_openssl),
		cmocka_unit_test(hmacs_like_openssl),
		cmocka_unit_test(hmac_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
