/* Signed objects, see artifact.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "artifact.h"
#include "base/text.h"
#include "envelope/cms_oid.h"
#include "wire/cbor.h"
#include "wire/der.h"

#define ROOM ((size_t)131072)
#define KEPT (64 * ROOM)

static uint8_t kept[KEPT];
static size_t kept_len;

void *
keep(size_t len)
{
	void *at = kept + kept_len;

	assert_true(len <= KEPT - kept_len);
	kept_len += (len + 7) & ~(size_t)7;
	return at;
}

struct span
keep_copy(const void *bytes, size_t len)
{
	return span_of(memcpy(keep(len), bytes, len), len);
}

void
keep_nothing(void)
{
	kept_len = 0;
}

/* --- keys --- */

/* What goes with a key: the hash it is used with, and its names. */
struct suite {
	const EVP_MD *md; /* that Ed25519 is not told */
	size_t width;	  /* of r and of s; 0 = no ECDSA */
	const char *jws;
	int64_t cose;
	struct span digest, signature; /* AlgorithmIdentifiers, content */
};

#define SHA2(n)	      "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" n
#define ECDSA(n)      "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" n
#define CONTENT(text) span_of(text, sizeof(text) - 1)

static struct suite
suite_of(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return (struct suite){ EVP_sha256(), 0, "RS256", -257,
			CONTENT(SHA2("\x01")),
			CONTENT("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
				"\x05\x00") };
	case EVP_PKEY_ED25519:
		return (struct suite){ EVP_sha512(), 0, "EdDSA", -8,
			CONTENT(SHA2("\x03")),
			CONTENT("\x06\x03\x2b\x65\x70") };
	}
	switch (EVP_PKEY_get_bits(key)) {
	case 384:
		return (struct suite){ EVP_sha384(), 48, "ES384", -35,
			CONTENT(SHA2("\x02")), CONTENT(ECDSA("\x03")) };
	case 521:
		return (struct suite){ EVP_sha512(), 66, "ES512", -36,
			CONTENT(SHA2("\x03")), CONTENT(ECDSA("\x04")) };
	default:
		return (struct suite){ EVP_sha256(), 32, "ES256", -7,
			CONTENT(SHA2("\x01")), CONTENT(ECDSA("\x02")) };
	}
}

static struct span
sign_der(EVP_PKEY *key, struct span covered)
{
	bool plain = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t *out = keep(1024);
	size_t len = 1024;

	assert_int_equal(EVP_DigestSignInit(c, NULL,
			     plain ? NULL : suite_of(key).md, NULL, key),
	    1);
	assert_int_equal(
	    EVP_DigestSign(c, out, &len, covered.ptr, covered.len), 1);
	EVP_MD_CTX_free(c);
	return span_of(out, len);
}

/* As JWS and COSE have it: r || s. */
static struct span
sign_fixed(const struct artifact *a, struct span covered)
{
	struct span der = sign_der(a->signer->key, covered);
	size_t width = suite_of(a->signer->key).width;
	const uint8_t *at = der.ptr;
	ECDSA_SIG *pair;
	uint8_t *out;

	if (width == 0 || a->odd == ODD_JWS_DER_SIGNATURE)
		return der;
	pair = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
	assert_non_null(pair);
	out = keep(2 * width);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, (int)width);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + width, (int)width);
	ECDSA_SIG_free(pair);
	return span_of(out, 2 * width);
}

/* The signature, or one with a wrong bit in its last octet. */
static struct span
marred(const struct artifact *a, struct span signature)
{
	if (a->odd == ODD_SIGNATURE)
		((uint8_t *)(uintptr_t)signature.ptr)[signature.len - 1] ^= 1;
	return signature;
}

/* What stands in the object: the content, or that with another second in its
 * created-on, so that it can be read as well. */
static struct span
shown(const struct artifact *a)
{
	static const char minute[] = "T15:06:";
	struct span other = keep_copy(a->content.ptr, a->content.len);
	char *at;

	if (a->odd == ODD_CONTENT) {
		at = memmem(other.ptr, other.len, minute, strlen(minute));
		assert_non_null(at);
		at[strlen(minute)] ^= 1;
	}
	return other;
}

/* --- CMS --- */

static bool
is_data(const struct artifact *a)
{
	return a->odd == ODD_CMS_DATA || a->odd == ODD_CMS_BARE_DATA;
}

static struct span
content_type(const struct artifact *a)
{
	static const uint8_t other[] = { 0x2a, 3, 4 };

	if (a->odd == ODD_CMS_TYPE)
		return OID_SPAN(other);
	return is_data(a) ? OID_SPAN(OID_DATA) : OID_SPAN(OID_ANIMA_JSON);
}

static struct span
digest_identifier(const struct artifact *a)
{
	return a->odd == ODD_CMS_SHA1 ? CONTENT("\x06\x05\x2b\x0e\x03\x02\x1a")
				      : suite_of(a->signer->key).digest;
}

static void
put_type(struct der_out *o, const struct artifact *a)
{
	size_t one = der_begin(o, DER_SEQUENCE), set;

	der_put_oid(o, OID_SPAN(OID_CONTENT_TYPE));
	set = der_begin(o, DER_SET);
	der_put_oid(o,
	    a->odd == ODD_CMS_TYPE_DIFFERS ? OID_SPAN(OID_DATA)
					   : content_type(a));
	der_close(o, set);
	der_close(o, one);
}

static void
put_digest(struct der_out *o, const struct artifact *a)
{
	size_t one = der_begin(o, DER_SEQUENCE), set;
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len;

	EVP_Digest(a->content.ptr, a->content.len, hash, &len,
	    suite_of(a->signer->key).md, NULL);
	hash[len - 1] ^= a->odd == ODD_CMS_DIGEST_DIFFERS;
	der_put_oid(o, OID_SPAN(OID_MESSAGE_DIGEST));
	set = der_begin(o, DER_SET);
	der_put(o, DER_OCTET_STRING, span_of(hash, len));
	der_close(o, set);
	der_close(o, one);
}

static void
put_long(struct der_out *o)
{
	size_t one = der_begin(o, DER_SEQUENCE), set;
	uint8_t *octets = memset(keep(4096), 0x5a, 4096);

	der_put_raw(o, CONTENT("\x06\x01\x2a"));
	set = der_begin(o, DER_SET);
	der_put(o, DER_OCTET_STRING, span_of(octets, 4096));
	der_close(o, set);
	der_close(o, one);
}

/* Under the tag that they have, or that is signed. */
static struct span
attributes(const struct artifact *a, uint8_t tag)
{
	uint8_t *room = keep(ROOM);
	struct der_out o;
	struct span out;
	size_t set;

	der_out_open(&o, room, ROOM);
	set = der_begin(&o, tag);
	if (a->odd != ODD_CMS_TYPE_ABSENT)
		put_type(&o, a);
	if (a->odd == ODD_CMS_TYPE_TWICE)
		put_type(&o, a);
	if (a->odd != ODD_CMS_DIGEST_ABSENT)
		put_digest(&o, a);
	if (a->odd == ODD_CMS_DIGEST_TWICE)
		put_digest(&o, a);
	if (a->odd == ODD_CMS_LONG)
		put_long(&o);
	der_close(&o, set);
	assert_int_equal(der_out_span(&o, &out), WIRE_OK);
	return out;
}

static void
put_signer(struct der_out *o, const struct artifact *a)
{
	bool bare = a->odd == ODD_CMS_BARE || a->odd == ODD_CMS_BARE_DATA;
	struct suite s = suite_of(a->signer->key);
	struct span covered = bare ? a->content : attributes(a, DER_SET);
	size_t info = der_begin(o, DER_SEQUENCE), sid;

	der_put_uint(o, a->odd == ODD_CMS_VERSION ? 2 : 1);
	sid = der_begin(o, DER_SEQUENCE);
	der_put_raw(o, a->signer->c.issuer);
	der_put(o, DER_INTEGER,
	    a->odd == ODD_CMS_OTHER_SID ? CONTENT("\x07")
					: a->signer->c.serial);
	der_close(o, sid);
	der_put(o, DER_SEQUENCE, digest_identifier(a));
	if (!bare)
		der_put_raw(o, attributes(a, DER_CONTEXT_CONS(0)));
	der_put(o, DER_SEQUENCE,
	    a->odd == ODD_CMS_HASHES ? CONTENT(ECDSA("\x04")) : s.signature);
	der_put(
	    o, DER_OCTET_STRING, marred(a, sign_der(a->signer->key, covered)));
	if (a->odd == ODD_CMS_EXTRAS)
		der_put(o, DER_CONTEXT_CONS(1), CONTENT("\x30\x00"));
	if (a->odd == ODD_CMS_UNSIGNED)
		der_put_raw(o, CONTENT("\xa1\x05\x00"));
	der_close(o, info);
}

static void
put_content(struct der_out *o, const struct artifact *a)
{
	size_t info = der_begin(o, DER_SEQUENCE), explicit_;

	der_put_oid(o, content_type(a));
	if (a->odd != ODD_CMS_DETACHED) {
		explicit_ = der_begin(o, DER_CONTEXT_CONS(0));
		der_put(o, DER_OCTET_STRING, shown(a));
		der_close(o, explicit_);
	}
	der_close(o, info);
}

static void
put_certificates(struct der_out *o, const struct artifact *a)
{
	size_t set = der_begin(o, DER_CONTEXT_CONS(0));
	unsigned i;

	if (a->odd == ODD_CMS_EXTRAS)
		der_put(o, DER_CONTEXT_CONS(3), CONTENT("\x06\x01\x2a"));
	for (i = 0; i < a->certificates_len; i++)
		der_put_raw(o, a->certificates[i]->der);
	der_close(o, set);
}

static void
put_signed_data(struct der_out *o, const struct artifact *a)
{
	size_t data = der_begin(o, DER_SEQUENCE), set;

	der_put_uint(o, is_data(a) ? 1 : 3);
	set = der_begin(o, DER_SET);
	der_put(o, DER_SEQUENCE,
	    a->odd == ODD_CMS_UNLISTED ? CONTENT(SHA2("\x03"))
				       : digest_identifier(a));
	der_close(o, set);
	put_content(o, a);
	if (a->certificates_len > 0 || a->odd == ODD_CMS_EXTRAS)
		put_certificates(o, a);
	if (a->odd == ODD_CMS_EXTRAS)
		der_put(o, DER_CONTEXT_CONS(1), CONTENT("\x30\x00"));
	set = der_begin(o, DER_SET);
	if (a->odd != ODD_CMS_NO_SIGNER)
		put_signer(o, a);
	if (a->odd == ODD_CMS_TWO_SIGNERS)
		put_signer(o, a);
	der_close(o, set);
	der_close(o, data);
}

/* The same element with its length in four octets, or in none. */
static struct span
lengthened(struct span whole, bool indefinite)
{
	uint8_t *out = keep(whole.len + 8), *at = out;
	struct span content;
	struct der d;

	der_open(&d, whole);
	assert_int_equal(der_any(&d, NULL, &content, NULL), WIRE_OK);
	*at++ = whole.ptr[0];
	if (indefinite) {
		*at++ = 0x80;
	} else {
		*at++ = 0x84;
		*at++ = 0;
		*at++ = (uint8_t)(content.len >> 16);
		*at++ = (uint8_t)(content.len >> 8);
		*at++ = (uint8_t)content.len;
	}
	memcpy(at, content.ptr, content.len);
	at += content.len;
	if (indefinite) {
		*at++ = 0;
		*at++ = 0;
	}
	return span_of(out, (size_t)(at - out));
}

static struct span
cms_make(const struct artifact *a)
{
	struct der_out o;
	struct span out;
	size_t info, explicit_;

	der_out_open(&o, keep(ROOM), ROOM);
	info = der_begin(&o, DER_SEQUENCE);
	der_put_oid(&o, OID_SPAN(OID_SIGNED_DATA));
	explicit_ = der_begin(&o, DER_CONTEXT_CONS(0));
	put_signed_data(&o, a);
	der_close(&o, explicit_);
	der_close(&o, info);
	assert_int_equal(der_out_span(&o, &out), WIRE_OK);
	if (a->odd == ODD_CMS_BER || a->odd == ODD_CMS_INDEFINITE)
		out = lengthened(out, a->odd == ODD_CMS_INDEFINITE);
	return out;
}

/* --- JWS --- */

/* A text that grows; it is never full. */
struct text {
	char *at;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	t->len +=
	    (size_t)vsnprintf(t->at + t->len, ROOM - t->len, format, arguments);
	va_end(arguments);
	assert_true(t->len < ROOM);
}

static struct text
text_new(void)
{
	return (struct text){ .at = keep(ROOM) };
}

static void
add_base64(struct text *t, struct span bytes, bool url)
{
	char *room = keep(bytes.len * 2 + 8);

	(url ? base64url_encode : base64_encode)(room, bytes);
	add(t, "%s", room);
}

static const char *
jws_algorithm(const struct artifact *a)
{
	switch (a->odd) {
	case ODD_JWS_NONE:
		return "none";
	case ODD_JWS_HMAC:
		return "HS256";
	case ODD_JWS_CURVE:
		return "ES384";
	default:
		return suite_of(a->signer->key).jws;
	}
}

static struct text
jws_header(const struct artifact *a)
{
	struct text t = text_new();
	unsigned i;

	add(&t, "{\"any\":1");
	if (a->odd != ODD_JWS_ALG)
		add(&t, ",\"alg\":\"%s\"", jws_algorithm(a));
	if (a->odd != ODD_JWS_TYPELESS && a->kid == NULL)
		add(&t, ",\"typ\":\"%s\"",
		    a->odd == ODD_JWS_TYP ? "jwt" : "voucher-jws+json");
	if (a->odd == ODD_JWS_CRIT)
		add(&t, ",\"crit\":[\"any\"]");
	if (a->kid != NULL && a->odd != ODD_JWS_NO_KID)
		add(&t, ",\"kid\":\"%s\"",
		    a->odd == ODD_JWS_KID ? "AAAA" : a->kid);
	if (a->odd == ODD_JWS_X5C) {
		add(&t, ",\"x5c\":\"AAAA\"");
	} else if (a->certificates_len > 0) {
		add(&t, ",\"x5c\":[");
		for (i = 0; i < a->certificates_len; i++) {
			add(&t, i == 0 ? "\"" : ",\"");
			add_base64(&t, a->certificates[i]->der, false);
			add(&t, "\"");
		}
		add(&t, "]");
	}
	add(&t, "}");
	return t;
}

static const char *
jws_open_header(const struct artifact *a)
{
	switch (a->odd) {
	case ODD_JWS_OPEN:
		return ",\"header\":{\"jku\":7,\"more\":1}";
	case ODD_JWS_OPEN_CRIT:
		return ",\"header\":{\"crit\":[\"any\"]}";
	case ODD_JWS_OPEN_TWICE:
		return ",\"header\":{\"any\":1}";
	default:
		return "";
	}
}

static struct span
jws_make(const struct artifact *a)
{
	struct text header = text_new(), covered = text_new(), out = text_new(),
		    payload = text_new(), signature = text_new(), plain;

	plain = jws_header(a);
	add_base64(&header, span_of(plain.at, plain.len), true);
	if (a->odd == ODD_JWS_PADDED)
		add(&header, "=");
	add(&covered, "%s.", header.at);
	add_base64(&covered, a->content, true);
	add_base64(&payload, shown(a), true);
	add_base64(&signature,
	    marred(a, sign_fixed(a, span_of(covered.at, covered.len))), true);
	if (a->odd == ODD_JWS_COMPACT) {
		add(&out, "%s.%s", covered.at, signature.at);
	} else if (a->odd == ODD_JWS_FLATTENED) {
		add(&out,
		    "{\"payload\":\"%s\",\"protected\":\"%s\","
		    "\"signature\":\"%s\"}",
		    payload.at, header.at, signature.at);
	} else {
		add(&out, "{\"payload\":\"%s\",\"signatures\":[", payload.at);
		if (a->odd != ODD_JWS_UNSIGNED)
			add(&out,
			    "{\"protected\":\"%s\",\"signature\":\"%s\"%s}",
			    header.at, signature.at, jws_open_header(a));
		add(&out, "%s]}", a->odd == ODD_JWS_AGAIN ? ",{}" : "");
	}
	return span_of(out.at, out.len);
}

/* --- COSE_Sign1 --- */

static struct cbor_out
cbor_new(void)
{
	struct cbor_out o;

	cbor_out_open(&o, keep(ROOM), ROOM);
	return o;
}

static struct span
cbor_done(const struct cbor_out *o)
{
	struct span out;

	assert_int_equal(cbor_out_span(o, &out), WIRE_OK);
	return out;
}

static void
cose_put_bag(struct cbor_out *o, const struct artifact *a)
{
	unsigned i;

	cbor_put_uint(o, a->odd == ODD_COSE_CHAIN ? 33 : 32);
	if (a->odd == ODD_COSE_BAG) {
		cbor_put_uint(o, 7);
		return;
	}
	if (a->certificates_len != 1)
		cbor_put_array(o, a->certificates_len);
	for (i = 0; i < a->certificates_len; i++)
		cbor_put_bytes(o, a->certificates[i]->der);
}

static struct span
cose_protected(const struct artifact *a, bool bag)
{
	bool crit = a->odd == ODD_COSE_CRIT || a->odd == ODD_COSE_CRIT_EMPTY;
	struct cbor_out o = cbor_new();

	if (a->odd == ODD_COSE_ALG)
		return span_of("", 0);
	if (a->odd == ODD_COSE_EMPTY_MAP) {
		cbor_put_map(&o, 0);
		return cbor_done(&o);
	}
	cbor_put_map(&o,
	    1 + (uint64_t)crit + (a->odd == ODD_COSE_TWICE) + (uint64_t)bag);
	cbor_put_uint(&o, 1);
	cbor_put_int(&o,
	    a->odd == ODD_COSE_ES256K ? -47 : suite_of(a->signer->key).cose);
	if (a->odd == ODD_COSE_TWICE)
		cbor_put_raw(&o, CONTENT("\x18\x01\x26"));
	if (crit) {
		cbor_put_uint(&o, 2);
		cbor_put_array(&o, a->odd == ODD_COSE_CRIT);
		if (a->odd == ODD_COSE_CRIT)
			cbor_put_uint(&o, 99);
	}
	if (bag)
		cose_put_bag(&o, a);
	return cbor_done(&o);
}

static void
cose_put_unprotected(struct cbor_out *o, const struct artifact *a, bool bag)
{
	bool rubbish = a->odd == ODD_COSE_BOTH;
	bool crit = a->odd == ODD_COSE_CRIT_OPEN;

	if (a->odd == ODD_COSE_INDEFINITE)
		cbor_put_raw(o, CONTENT("\xbf"));
	else
		cbor_put_map(o, (uint64_t)bag + rubbish + crit);
	if (crit)
		cbor_put_raw(o, CONTENT("\x02\x81\x01"));
	if (bag)
		cose_put_bag(o, a);
	if (rubbish)
		cbor_put_raw(o, CONTENT("\x18\x20\x41\x00"));
	if (a->odd == ODD_COSE_INDEFINITE)
		cbor_put_raw(o, CONTENT("\xff"));
}

static struct span
cose_signature(const struct artifact *a, struct span protected)
{
	struct cbor_out o = cbor_new();

	cbor_put_array(&o, 4);
	cbor_put_string(&o, "Signature1");
	cbor_put_bytes(&o, protected);
	cbor_put_bytes(&o, span_of("", 0));
	cbor_put_bytes(&o, a->content);
	return marred(a, sign_fixed(a, cbor_done(&o)));
}

static void
cose_put_payload(struct cbor_out *o, const struct artifact *a)
{
	if (a->odd == ODD_COSE_DETACHED) {
		cbor_put_null(o);
	} else if (a->odd == ODD_COSE_CHUNKS) {
		cbor_put_raw(o, CONTENT("\x5f"));
		cbor_put_bytes(o, a->content);
		cbor_put_raw(o, CONTENT("\xff"));
	} else {
		cbor_put_bytes(o, shown(a));
	}
}

static struct span
cose_make(const struct artifact *a)
{
	bool bag = a->certificates_len > 0 || a->odd == ODD_COSE_BAG;
	bool inside = a->odd == ODD_COSE_PROTECTED || a->odd == ODD_COSE_BOTH;
	struct span protected = cose_protected(a, bag && inside);
	struct cbor_out o = cbor_new();

	if (a->odd != ODD_COSE_UNTAGGED)
		cbor_put_tag(&o, a->odd == ODD_COSE_TAG ? 98 : 18);
	if (a->odd == ODD_COSE_INDEFINITE)
		cbor_put_raw(&o, CONTENT("\x9f"));
	else
		cbor_put_array(&o, a->odd == ODD_COSE_FIVE ? 5 : 4);
	cbor_put_bytes(&o, protected);
	cose_put_unprotected(&o, a, bag && !inside);
	cose_put_payload(&o, a);
	cbor_put_bytes(&o, cose_signature(a, protected));
	if (a->odd == ODD_COSE_FIVE)
		cbor_put_uint(&o, 0);
	if (a->odd == ODD_COSE_INDEFINITE)
		cbor_put_raw(&o, CONTENT("\xff"));
	return cbor_done(&o);
}

struct span
artifact_make(const struct artifact *a)
{
	struct span s = a->format == FORMAT_CMS_JSON ? cms_make(a)
	    : a->format == FORMAT_JWS_JSON	     ? jws_make(a)
						     : cose_make(a);
	uint8_t *longer = keep(s.len + 1);

	memcpy(longer, s.ptr, s.len);
	longer[s.len] = 'x';
	return span_of(
	    longer, s.len + (a->odd == ODD_TRAILING) - (a->odd == ODD_CUT));
}
