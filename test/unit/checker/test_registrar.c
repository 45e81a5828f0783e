/* MP 5 rows 3 to 6 and 10: the registrar that signed, in each of the three forms. */
#include "world.h"

/* --- rows 3 and 4 --- */

ODD(signature, SIGNATURE)
ODD(content, CONTENT)
ODD(bare, CMS_BARE)
ODD(bare_data, CMS_BARE_DATA)
ODD(type_differs, CMS_TYPE_DIFFERS)
ODD(type_twice, CMS_TYPE_TWICE)
ODD(type_absent, CMS_TYPE_ABSENT)
ODD(digest_differs, CMS_DIGEST_DIFFERS)
ODD(digest_twice, CMS_DIGEST_TWICE)
ODD(digest_absent, CMS_DIGEST_ABSENT)
ODD(too_long, CMS_LONG)
ODD(other_sid, CMS_OTHER_SID)
ODD(der_signature, JWS_DER_SIGNATURE)
ODD(other_curve, JWS_CURVE)
ODD(no_alg, COSE_ALG)
ODD(empty_map, COSE_EMPTY_MAP)

static void
no_certificates(void)
{
	w.rvr.certificates_len = 0;
}

/* That of another key only. */
static void
other_certificates(void)
{
	world_registrar(REGISTRAR, NOBODY);
	w.rvr.certificates[0] = certificate_of(STRANGER);
}

/* The signer's is the last of them. */
static void
turned(void)
{
	world_registrar(ROOT, SUB, STRANGER, REGISTRAR, NOBODY);
	w.rvr.signer = certificate_of(REGISTRAR);
	if (w.format == FORMAT_COSE_CBOR)
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(DEVICE);
}

static void
along(void)
{
	if (w.format == FORMAT_COSE_CBOR)
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(DEVICE);
}

/* Another certificate over the key that signed: whichever comes first. */
static void
reissued(void)
{
	world_registrar(REGISTRAR_AGAIN, SUB, ROOT, NOBODY);
	along();
}

/* Several of one key, which an x5bag has in any order; the first one is that which
 * a CMS names. */
#define OF_ONE_KEY(name, ...)                                    \
	static void name(void)                                   \
	{                                                        \
		world_registrar(__VA_ARGS__, SUB, ROOT, NOBODY); \
		along();                                         \
	}
OF_ONE_KEY(renewed, REGISTRAR, REGISTRAR_OLD, REGISTRAR_TLS)
OF_ONE_KEY(renewed_behind, REGISTRAR_OLD, REGISTRAR)
OF_ONE_KEY(for_tls_before, REGISTRAR_TLS, REGISTRAR_OLD, REGISTRAR)
OF_ONE_KEY(only_old, REGISTRAR_OLD, REGISTRAR_TLS)
OF_ONE_KEY(only_tls, REGISTRAR_TLS, REGISTRAR_OLD)

/* What sid names goes before what will do as well. */
static void
named_behind(void)
{
	world_registrar(REGISTRAR_AGAIN, REGISTRAR, SUB, ROOT, NOBODY);
	w.rvr.signer = certificate_of(REGISTRAR);
}

static void
lone(void)
{
	world_registrar(REGISTRAR, NOBODY);
	along();
}

static void
gap(void)
{
	world_registrar(REGISTRAR, ROOT, NOBODY);
	along();
}

static void
self(void)
{
	world_registrar(REGISTRAR_SELF, NOBODY);
	along();
	world_sees(
	    "proximity-registrar-cert", certificate_of(REGISTRAR_SELF)->der);
}

static void
see_one(void)
{
	assert_int_equal(w.facts.chain_len, 1);
	assert_false(w.facts.chain[0].self_signed);
	assert_false(w.facts.chain[0].ca);
}

static void
see_self(void)
{
	assert_int_equal(w.facts.chain_len, 1);
	assert_true(w.facts.chain[0].self_signed);
}

static void
see_chain(void)
{
	static const enum who who[] = { REGISTRAR, SUB, ROOT };
	uint8_t hash[HASH_SIZE];
	unsigned i;

	assert_int_equal(w.facts.chain_len, 3);
	for (i = 0; i < 3; i++) {
		const struct chain_entry *e = &w.facts.chain[i];
		const struct certificate *c = &certificate_of(who[i])->c;

		assert_true(span_eq(e->certificate, c->der));
		sha256(c->spki, hash);
		assert_memory_equal(e->spki_sha256, hash, HASH_SIZE);
		/* MP 14.3: of the key where there is no identifier. */
		assert_true(span_eq(span_of(e->domain_id, e->domain_id_len),
		    i == 0 ? span_of(hash, HASH_SIZE) : c->subject_key_id));
		sha256(c->issuer, hash);
		assert_memory_equal(e->issuer_name_sha256, hash, HASH_SIZE);
		assert_int_equal(e->ca, i > 0);
		assert_int_equal(e->self_signed, i == 2);
		assert_true(e->not_after == c->not_after);
		assert_false(e->public_policy);
	}
}

/* MP 10.1: nothing of the pledge's chain is a candidate. */
static void
pledge_signs(void)
{
	w.rvr.signer = certificate_of(DEVICE);
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(DEVICE);
}

static void
vendor_signs(void)
{
	w.rvr.signer = certificate_of(VENDOR);
	if (w.format != FORMAT_COSE_CBOR) {
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(DEVICE);
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(VENDOR);
	}
}

/* A CA of both is the pledge's as soon as the pledge's chain comes along. */
static void
laboratory(void)
{
	world_registrar(LABORATORY, VENDOR, DEVICE, NOBODY);
	world_sees("proximity-registrar-cert", certificate_of(LABORATORY)->der);
}

/* A registrar whose subject has the serial is no pledge. */
static void
registrar_with_serial(void)
{
	world_registrar(DEVICE_REGISTRAR, VENDOR, NOBODY);
	world_sees(
	    "proximity-registrar-cert", certificate_of(DEVICE_REGISTRAR)->der);
	if (w.format == FORMAT_COSE_CBOR) {
		w.pvr.certificates[0] = certificate_of(DEVICE);
		w.pvr.certificates_len = 1;
	}
}

static void
see_two(void)
{
	assert_int_equal(w.facts.chain_len, 2);
}

static void
bare_fact(void)
{
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_UNATTRIBUTED));
	assert_int_equal(w.facts.prior_legacy, 0);
}

static void
contradicting(void)
{
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(TWIN);
	w.rvr.certificates[w.rvr.certificates_len++] =
	    certificate_of(TWIN_OTHER);
}

static void
no_contradiction(void)
{
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(TWIN);
}

/* Seven keys are tried, and the work of an eighth is too much. */
static void
slow(unsigned n)
{
	world_registrar(REGISTRAR_P384, NOBODY);
	while (w.rvr.certificates_len < n)
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(REGISTRAR_P384);
	w.rvr.odd = ODD_SIGNATURE;
}

static void
slow_seven(void)
{
	slow(7);
}

static void
slow_eight(void)
{
	slow(8);
}

#define ROW3(name, form, change, reason, text, clause)                         \
	{                                                                      \
		name, form, change, STEP_SIGNER, REASON_##reason, text, clause \
	}
#define SIGNED(name, form, change)                                 \
	ROW3(name, form, change, REQUEST_SIGNATURE, "none of the", \
	    "RFC 8995 5.5.3")
#define ATTRIBUTES(name, change, text) \
	ROW3(name, CMS, change, CMS_ATTRIBUTES, text, "RFC 5652 11")

static void
row_3(void **state)
{
	static const struct row rows[] = {
		{ "the chain", EVERY_FORM, NULL, STEP_NONE, REASON_OK, NULL,
		    NULL, see_chain },
		{ "in any order, with others", EVERY_FORM, turned, STEP_NONE,
		    REASON_OK, NULL, NULL, see_chain },
		ROW3("no certificates", IN_JSON, no_certificates,
		    SIGNER_UNKNOWN, "no certificate", "RFC 8995 5.5.2"),
		ROW3("no certificates", COSE, no_certificates, SIGNER_UNKNOWN,
		    "no certificate", "RFC 8995 5.5.2"),
		SIGNED("another's certificate", EVERY_FORM, other_certificates),
		SIGNED("a bit of the signature", EVERY_FORM, signature),
		SIGNED("a bit of the content", JWS | COSE, content),
		ATTRIBUTES("a bit of the content", content, "messageDigest"),
		ATTRIBUTES("another contentType", type_differs, "contentType"),
		ATTRIBUTES("contentType twice", type_twice, "contentType"),
		ATTRIBUTES("no contentType", type_absent, "absent"),
		ATTRIBUTES("another digest", digest_differs, "messageDigest"),
		ATTRIBUTES("messageDigest twice", digest_twice, "twice"),
		ATTRIBUTES("no messageDigest", digest_absent, "absent"),
		ATTRIBUTES("over 4096 octets", too_long, "the limit"),
		SIGNED("seven slow keys", EVERY_FORM, slow_seven),
		ROW3("eight slow keys", EVERY_FORM, slow_eight, REQUEST_COSTLY,
		    "none of the first", "MP 17"),
		ROW3("no signedAttrs", CMS, bare, CMS_ATTRIBUTES_MISSING,
		    "signedAttrs", "RFC 5652 5.3"),
		/* A fact: policy judges whether the product may. */
		{ "no signedAttrs with id-data", CMS, bare_data, STEP_NONE,
		    REASON_OK, NULL, NULL, bare_fact },
		GOOD("a sid that names nobody", CMS, other_sid),
		SIGNED("r and s in DER", JWS, der_signature),
		SIGNED("a key of another curve", JWS, other_curve),
		ROW3("no alg", COSE, no_alg, ALGORITHM, "no alg", "MP 8"),
		ROW3("no alg in an empty map", COSE, empty_map, ALGORITHM,
		    "no alg", NULL),
		{ "the same key, reissued", EVERY_FORM, reissued, STEP_NONE,
		    REASON_OK, NULL, NULL, NULL },
		{ "renewed, then others of its key", EVERY_FORM, renewed,
		    STEP_NONE, REASON_OK, NULL, NULL, see_chain },
		{ "expired, then renewed", EVERY_FORM, renewed_behind,
		    STEP_NONE, REASON_OK, NULL, NULL, see_chain },
		{ "two that will not do, then one", EVERY_FORM, for_tls_before,
		    STEP_NONE, REASON_OK, NULL, NULL, see_chain },
		{ "none that will do, the first expired", EVERY_FORM, only_old,
		    STEP_PATH, REASON_REGISTRAR_PATH, "0 of the path has", NULL,
		    NULL },
		{ "none that will do, the first for TLS", EVERY_FORM, only_tls,
		    STEP_REGISTRAR, REASON_NOT_REGISTRAR, "other purposes",
		    NULL, NULL },
		{ "two that will do", CMS, named_behind, STEP_NONE, REASON_OK,
		    NULL, NULL, see_chain },
		/* Not fatal. */
		{ "a lone end entity", EVERY_FORM, lone, STEP_NONE, REASON_OK,
		    NULL, NULL, see_one },
		{ "as far as they go", EVERY_FORM, gap, STEP_NONE, REASON_OK,
		    NULL, NULL, see_one },
		{ "self-signed", EVERY_FORM, self, STEP_NONE, REASON_OK, NULL,
		    NULL, see_self },
		ROW3("the pledge signs", EVERY_FORM, pledge_signs,
		    SIGNER_UNKNOWN, "the pledge's chain", "RFC 8995 5.5.2"),
		ROW3("the pledge's CA signs", EVERY_FORM, vendor_signs,
		    SIGNER_UNKNOWN, "the pledge's chain", "RFC 8995 5.5.2"),
		{ "a CA of both", EVERY_FORM, laboratory, STEP_NONE, REASON_OK,
		    NULL, NULL, see_one },
		{ "a registrar with that serial", EVERY_FORM,
		    registrar_with_serial, STEP_NONE, REASON_OK, NULL, NULL,
		    see_two },
		/* Looked at where the path is built (doc/decisions/069). */
		{ "two that contradict", EVERY_FORM, contradicting, STEP_PATH,
		    REASON_CERTIFICATES_CONTRADICT, "another key",
		    "RFC 8995 5.5.2", NULL },
		GOOD("one of them alone", EVERY_FORM, no_contradiction),
	};

	(void)state;
	ROWS_CHECK(rows);
}

static void
chain_of(enum who leaf, enum who above, enum who top)
{
	if (top != NOBODY)
		world_registrar(leaf, above, top, NOBODY);
	else
		world_registrar(leaf, above, NOBODY);
	along();
	world_sees("proximity-registrar-cert", certificate_of(leaf)->der);
}

#define BELOW(name, leaf, above, top)       \
	static void name(void)              \
	{                                   \
		chain_of(leaf, above, top); \
	}
BELOW(p384, REGISTRAR_P384, SUB, ROOT)
BELOW(p521, REGISTRAR_P521, SUB, ROOT)
BELOW(rsa, REGISTRAR_RSA, SUB, ROOT)
BELOW(ed25519, REGISTRAR_ED25519, SUB, ROOT)
BELOW(expired, EXPIRED, SUB, ROOT)
BELOW(early, EARLY, SUB, ROOT)
BELOW(no_signing, NO_SIGNING, SUB, ROOT)
BELOW(critical, CRITICAL, SUB, ROOT)
BELOW(below_no_ca, BELOW_NO_CA, CA_NO_CA, ROOT)
BELOW(below_expired, BELOW_EXPIRED, CA_EXPIRED, ROOT)
BELOW(below_no_signing, BELOW_NO_SIGNING, CA_NO_SIGNING, ROOT)
BELOW(below_too_deep, BELOW_TOO_DEEP, CA_TOO_DEEP, CA_SHORT)
BELOW(no_purpose, NO_PURPOSE, SUB, ROOT)
BELOW(any_purpose, ANY_PURPOSE, SUB, ROOT)
BELOW(server_purpose, SERVER_PURPOSE, SUB, ROOT)
BELOW(crl, WITH_CRL, SUB, ROOT)
BELOW(ocsp, WITH_OCSP, SUB, ROOT)
BELOW(issuers, WITH_ISSUERS, SUB, ROOT)

/* The last second, and the first one. */
static void
last_second(void)
{
	expired();
	w.now = NOW - 1;
}

static void
first_second(void)
{
	early();
	w.now = NOW + 1;
}

#define ROW4(name, change, text)                                            \
	{                                                                   \
		name, EVERY_FORM, change, STEP_PATH, REASON_REGISTRAR_PATH, \
		    text, "RFC 8995 5.5.3"                                  \
	}

static void
row_4(void **state)
{
	static const struct row rows[] = {
		GOOD("P-384", EVERY_FORM, p384),
		GOOD("P-521", IN_JSON, p521),
		GOOD("RSA", IN_JSON, rsa),
		GOOD("Ed25519", EVERY_FORM, ed25519),
		ROW4("expired", expired, "0 of the path has expired"),
		GOOD("in its last second", EVERY_FORM, last_second),
		ROW4("too early", early, "0 of the path is not valid yet"),
		GOOD("in its first second", EVERY_FORM, first_second),
		ROW4("no digitalSignature", no_signing, "digitalSignature"),
		ROW4("an unknown critical extension", critical,
		    "unknown critical extension"),
		ROW4("an issuer that is no CA", below_no_ca,
		    "1 of the path issues but is no CA"),
		ROW4("an issuer that has expired", below_expired,
		    "1 of the path has expired"),
		ROW4("an issuer without keyCertSign", below_no_signing,
		    "1 of the path lacks keyCertSign"),
		ROW4("longer than pathlen", below_too_deep,
		    "longer than certificate 2 allows"),
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- rows 5 and 6 --- */

static void
see_unknown(void)
{
	assert_true(w.facts.revocation_unknown);
	assert_string_equal(trace_find(&w.trace, STEP_POINTERS)->found.text,
	    "named, not asked");
}

static void
see_known(void)
{
	assert_false(w.facts.revocation_unknown);
}

static void
row_5(void **state)
{
	/* Nobody is asked (ARCHITECTURE): a fact for policy. */
	static const struct row rows[] = {
		{ "no servers", EVERY_FORM, NULL, STEP_NONE, REASON_OK, NULL,
		    NULL, see_known },
		{ "CRL", EVERY_FORM, crl, STEP_NONE, REASON_OK, NULL, NULL,
		    see_unknown },
		{ "OCSP", EVERY_FORM, ocsp, STEP_NONE, REASON_OK, NULL, NULL,
		    see_unknown },
		{ "caIssuers alone", EVERY_FORM, issuers, STEP_NONE, REASON_OK,
		    NULL, NULL, see_known },
	};

	(void)state;
	ROWS_CHECK(rows);
}

#define ROW6(name, change, text)                                 \
	{                                                        \
		name, EVERY_FORM, change, STEP_REGISTRAR,        \
		    REASON_NOT_REGISTRAR, text, "RFC 8995 5.5.4" \
	}

static void
row_6(void **state)
{
	static const struct row rows[] = {
		ROW6("no purposes", no_purpose, "no extended key usage"),
		ROW6("any purpose", any_purpose, "anyExtendedKeyUsage"),
		ROW6("other purposes", server_purpose, "other purposes only"),
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- row 10 --- */

#define FORBIDDEN(name, leaf)                                               \
	static void name(void)                                              \
	{                                                                   \
		leaf_binary(                                                \
		    &w.registrar, leaf, certificate_of(REGISTRAR)->c.spki); \
	}
FORBIDDEN(has_cert, "proximity-registrar-cert")
FORBIDDEN(has_pubk, "proximity-registrar-pubk")
FORBIDDEN(has_hash, "proximity-registrar-pubk-sha256")
FORBIDDEN(has_pin, "pinned-domain-cert")
FORBIDDEN(has_pin_pubk, "pinned-domain-pubk")
FORBIDDEN(has_pin_hash, "pinned-domain-pubk-sha256")

static void
has_empty(void)
{
	leaf_binary(&w.registrar, "proximity-registrar-cert", span_of("", 0));
}

LEAF(renewal_date, "last-renewal-date", "\"2026-06-01T00:00:00Z\"",
    "74323032362d30362d30315430303a30303a30305a")
LEAF(checks, "domain-cert-revocation-checks", "\"true\"", "f5")
LEAF(asserted, "assertion", "\"verified\"", "00")
LEAF(url, "additional-configuration-url", "\"https://a\"", "6161")
LEAF(domain, "est-domain", "\"https://a\"", "6161")
LEAF(proprietary, "manufacturer-proprietary", "\"A-_A\"", "4101")
LEAF(extension, "extensions", "[\"a-b\"]", "8263612d621904d2")

static void
see_extension(void)
{
	assert_string_equal(room.registrar.request.extensions,
	    w.format == FORMAT_COSE_CBOR ? "a-b,1234" : "a-b");
	assert_non_null(strstr(trace_find(&w.trace, STEP_PAYLOAD)->found.text,
	    "extensions ignored: a-b"));
}

#define ROW10(name, change, text)                                    \
	{                                                            \
		name, EVERY_FORM, change, STEP_FORBIDDEN,            \
		    REASON_PROXIMITY_FORBIDDEN, text, "RFC 8995 3.4" \
	}

static void
row_10(void **state)
{
	static const struct row rows[] = {
		ROW10("a certificate", has_cert,
		    "proximity-registrar-cert is present"),
		ROW10("an empty one", has_empty,
		    "proximity-registrar-cert is present"),
		ROW10("a key", has_pubk, "proximity-registrar-pubk is present"),
		ROW10("a hash", has_hash,
		    "proximity-registrar-pubk-sha256 is present"),
		/* MUST be ignored. */
		GOOD("pinned-domain-cert", EVERY_FORM, has_pin),
		GOOD("pinned-domain-pubk", EVERY_FORM, has_pin_pubk),
		GOOD("pinned-domain-pubk-sha256", EVERY_FORM, has_pin_hash),
		GOOD("last-renewal-date", EVERY_FORM, renewal_date),
		GOOD("domain-cert-revocation-checks", EVERY_FORM, checks),
		GOOD("assertion", EVERY_FORM, asserted),
		GOOD("additional-configuration-url", EVERY_FORM, url),
		GOOD("est-domain", EVERY_FORM, domain),
		GOOD("manufacturer-proprietary", EVERY_FORM, proprietary),
		{ "extensions", EVERY_FORM, extension, STEP_NONE, REASON_OK,
		    NULL, NULL, see_extension },
	};

	(void)state;
	ROWS_CHECK(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_3),
		cmocka_unit_test(row_4),
		cmocka_unit_test(row_5),
		cmocka_unit_test(row_6),
		cmocka_unit_test(row_10),
	};

	return cmocka_run_group_tests(tests, NULL, world_end);
}
