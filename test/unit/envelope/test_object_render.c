/* JWS and COSE_Sign1 as we write them, taken apart by jansson and libcbor, their
 * signatures judged by OpenSSL and by our own reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "crypto/keys/private_key.h"
#include "envelope/envelope.h"
#include "envelope/object_render.h"
#include "foreign.h"

#define ROOM 32768

static uint8_t covered[ROOM], out[ROOM], arena[ENVELOPE_ARENA(ROOM)];
static size_t covered_len, out_len;

/* The covered octets, the raw signature, and the key, by EVP. */
static bool
openssl_verifies(
    const struct private_key *k, const uint8_t *raw, size_t raw_len)
{
	struct span spki = private_key_spki(k);
	const uint8_t *at = spki.ptr;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	ECDSA_SIG *sig = ECDSA_SIG_new();
	size_t half = raw_len / 2;
	uint8_t *der = NULL;
	bool good;
	int len;

	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(raw, (int)half, NULL),
			     BN_bin2bn(raw + half, (int)half, NULL)),
	    1);
	len = i2d_ECDSA_SIG(sig, &der);
	good = EVP_DigestVerifyInit(c, NULL,
		   half == 48 ? EVP_sha384() : EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(c, der, (size_t)len, covered, covered_len) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	return good;
}

static void
plan_fill(struct object_plan *p, const struct private_key *k, unsigned n)
{
	static struct span der[2];

	if (der[0].ptr == NULL) {
		der[0] = foreign_vector("cbrski-cose/registrar.der");
		der[1] = foreign_vector("cbrski-cose/domain_ca.der");
	}
	memset(p, 0, sizeof(*p));
	p->content = span_str("{\"a\":\"b?>~\"}");
	p->algorithm = private_key_signature(k);
	p->certificates_len = n;
	memcpy(p->certificates, der, sizeof(der));
}

static void
render(const struct object_plan *p, const struct private_key *k, bool cose)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t room = object_room(p), len;

	assert_true(room <= ROOM);
	assert_true((cose ? cose_covered_render : jws_covered_render)(
	    p, covered, room, &covered_len));
	private_key_sign(k, span_of(covered, covered_len), signature, &len);
	assert_true(cose
		? cose_assemble(p, span_of(signature, len), out, room, &out_len)
		: jws_assemble(p, span_of(covered, covered_len),
		      span_of(signature, len), out, room, &out_len));
}

/* Our reader sees what was put in, and the key verifies it. */
static void
read_back(const struct object_plan *p, const struct private_key *k)
{
	static struct envelope e;
	struct span bytes = span_of(out, out_len);
	struct why why;
	unsigned i;

	why_clear(&why);
	if (envelope_read(envelope_format(bytes), bytes, arena, sizeof(arena),
		&e, &why) != REASON_OK)
		fail_msg("%s", why.text);
	assert_true(span_eq(e.content, p->content));
	assert_int_equal(e.certificates_len, p->certificates_len);
	for (i = 0; i < p->certificates_len; i++)
		assert_true(span_eq(e.certificates[i].der, p->certificates[i]));
	assert_true(envelope_verify_key(&e, private_key_spki(k)));
}

static void
jws_in_jansson(void **state)
{
	static const enum key_type types[] = { KEY_P256, KEY_P384 };
	uint8_t octets[4096];
	struct object_plan p;
	unsigned t, n;
	size_t len;

	(void)state;
	for (t = 0; t < 2; t++)
		for (n = 0; n <= 2; n++) {
			struct private_key *k = private_key_generate(types[t]);
			const char *protected, *payload, *signature;
			json_t *root, *head;

			plan_fill(&p, k, n);
			render(&p, k, false);
			read_back(&p, k);
			root = json_loadb(
			    (char *)out, out_len, JSON_REJECT_DUPLICATES, NULL);
			assert_int_equal(
			    json_unpack_ex(root, NULL, JSON_STRICT,
				"{s:s,s:[{s:s,s:s}]}", "payload", &payload,
				"signatures", "protected", &protected,
				"signature", &signature),
			    0);
			assert_true(base64_decode(octets, sizeof(octets), &len,
			    span_str(payload), BASE64_URL));
			assert_true(span_eq(span_of(octets, len), p.content));
			assert_true(base64_decode(octets, sizeof(octets), &len,
			    span_str(signature), BASE64_URL));
			assert_int_equal(len, t == 0 ? 64 : 96);
			assert_true(openssl_verifies(k, octets, len));
			assert_true(base64_decode(octets, sizeof(octets), &len,
			    span_str(protected), BASE64_URL));
			head = json_loadb((char *)octets, len, 0, NULL);
			assert_string_equal(
			    json_string_value(json_object_get(head, "alg")),
			    t == 0 ? "ES256" : "ES384");
			assert_string_equal(
			    json_string_value(json_object_get(head, "typ")),
			    "voucher-jws+json");
			assert_int_equal(
			    json_array_size(json_object_get(head, "x5c")), n);
			json_decref(head);
			json_decref(root);
			private_key_free(k);
		}
}

static void
cose_in_libcbor(void **state)
{
	static const enum key_type types[] = { KEY_P256, KEY_P384 };
	struct cbor_load_result result;
	struct object_plan p;
	unsigned t, n;

	(void)state;
	for (t = 0; t < 2; t++)
		for (n = 0; n <= 2; n++) {
			struct private_key *k = private_key_generate(types[t]);
			cbor_item_t *array, **part, *bag;

			plan_fill(&p, k, n);
			render(&p, k, true);
			read_back(&p, k);
			/* Tag 18; libcbor does not know that one. */
			assert_int_equal(out[0], 0xd2);
			array = cbor_load(out + 1, out_len - 1, &result);
			assert_int_equal(result.read, out_len - 1);
			assert_int_equal(cbor_array_size(array), 4);
			part = cbor_array_handle(array);
			assert_memory_equal(cbor_bytestring_handle(part[0]),
			    t == 0 ? "\xa1\x01\x26" : "\xa1\x01\x38\x22",
			    cbor_bytestring_length(part[0]));
			assert_int_equal(cbor_map_size(part[1]), n > 0);
			if (n > 0) {
				bag = cbor_map_handle(part[1])[0].value;
				assert_true(n == 1 ? cbor_isa_bytestring(bag)
						   : cbor_isa_array(bag));
			}
			assert_true(
			    openssl_verifies(k, cbor_bytestring_handle(part[3]),
				cbor_bytestring_length(part[3])));
			cbor_decref(&array);
			private_key_free(k);
		}
}

static size_t
map_size(const unsigned char *bytes, size_t len)
{
	struct cbor_load_result result;
	cbor_item_t *map = cbor_load(bytes, len, &result);
	size_t n = cbor_map_size(map);

	assert_int_equal(result.read, len);
	cbor_decref(&map);
	return n;
}

/* Where a pledge that stores a CA alone finds the chain (MP 10.1). */
static void
bag_places(void **state)
{
	static const enum bag_place places[] = { BAG_PROTECTED, BAG_BOTH };
	struct private_key *k = private_key_generate(KEY_P256);
	struct cbor_load_result result;
	struct object_plan p;
	cbor_item_t *array, **part;
	unsigned i, n;

	(void)state;
	for (i = 0; i < 2; i++)
		for (n = 0; n <= 2; n++) {
			plan_fill(&p, k, n);
			p.bag = places[i];
			render(&p, k, true);
			read_back(&p, k);
			array = cbor_load(out + 1, out_len - 1, &result);
			part = cbor_array_handle(array);
			assert_int_equal(
			    map_size(cbor_bytestring_handle(part[0]),
				cbor_bytestring_length(part[0])),
			    1 + (n > 0));
			assert_int_equal(cbor_map_size(part[1]),
			    n > 0 && places[i] == BAG_BOTH);
			cbor_decref(&array);
		}
	/* Too small a room is said, and never an empty header. */
	assert_false(cose_covered_render(&p, covered, 256, &covered_len));
	private_key_free(k);
}

/* Numbers of a signature that are short, or wider than the curve. */
static void
fixed_width(void **state)
{
	static const struct {
		const char *der;
		size_t len;
		bool good;
	} cases[] = {
		{ "\x30\x06\x02\x01\x05\x02\x01\x07", 8, true },
		{ "\x30\x07\x02\x02\x00\x85\x02\x01\x07", 9, true },
		{ "\x30\x06\x02\x01\x85\x02\x01\x07", 8, false }, /* < 0 */
		{ "\x30\x07\x02\x02\x01\x85\x02\x01\x07", 9, false },
		{ "\x30\x06\x02\x01\x05\x02\x01\x07\x00", 9, false },
		{ "\x30\x03\x02\x01\x05", 5, false },
	};
	uint8_t fixed[2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    signature_to_fixed(
			span_of(cases[i].der, cases[i].len), 1, fixed),
		    cases[i].good);
	assert_true(signature_to_fixed(span_of(cases[0].der, 8), 1, fixed));
	assert_int_equal(fixed[0], 5);
	assert_int_equal(fixed[1], 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jws_in_jansson),
		cmocka_unit_test(cose_in_libcbor),
		cmocka_unit_test(bag_places),
		cmocka_unit_test(fixed_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
