/* MP 5 rows 1 and 2: what the checker makes of containers and payloads, in each
 * of the three forms. One test a row, one table a test. */
#include "world.h"

#include "base/text.h"

static void
see_good(void)
{
	const struct request_facts *f = &w.facts;
	uint8_t hash[HASH_SIZE];

	assert_int_equal(f->kind, REQUEST_VOUCHER);
	assert_int_equal(f->format, w.format);
	assert_int_equal(f->reply, w.format);
	assert_int_equal(f->legacy, 0);
	assert_int_equal(f->moment, NOW);
	assert_int_equal(f->client_sha256[1], 2);
	assert_int_equal(f->client_spki_sha256[0], 4);
	assert_string_equal(f->address, "192.0.2.7");
	assert_true(f->has_created_on);
	assert_int_equal(f->created_on, NOW - 10);
	assert_string_equal(f->serial, SERIAL);
	assert_string_equal(f->nonce, NONCE);
	assert_int_equal(f->issuer.kind, ISSUER_NONE);
	assert_true(f->prior);
	assert_int_equal(f->prior_format, w.pvr.format);
	assert_int_equal(f->prior_legacy, 0);
	sha256(certificate_of(DEVICE)->c.spki, hash);
	assert_memory_equal(f->pledge_spki_sha256, hash, HASH_SIZE);
	sha256(certificate_of(DEVICE)->der, hash);
	assert_memory_equal(f->pledge_certificate_sha256, hash, HASH_SIZE);
	sha256(certificate_of(VENDOR)->c.subject, hash);
	assert_memory_equal(f->pledge_issuer_name_sha256, hash, HASH_SIZE);
	assert_int_equal(f->pledge_issuer.kind, ISSUER_KEY_ID);
	assert_true(
	    span_eq(span_of(f->pledge_issuer.bytes, f->pledge_issuer.len),
		certificate_of(VENDOR)->c.subject_key_id));
	assert_int_equal(f->proximity, PROXIMITY_PROVEN);
	assert_int_equal(f->agent_cas_len, 0);
	assert_int_equal(f->chain_len, 3);
	assert_false(f->revocation_unknown);
	/* Every row was walked, and none skipped. */
	assert_int_equal(w.trace.len, 12);
	assert_false(w.look_up);
}

static void
good(void **state)
{
	static const struct row rows[] = {
		{ "as it should be", EVERY_FORM, NULL, STEP_NONE, REASON_OK,
		    NULL, NULL, see_good },
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- row 1 --- */

ODD(trailing, TRAILING)
ODD(cut, CUT)
ODD(id_data, CMS_DATA)
ODD(other_type, CMS_TYPE)
ODD(detached, CMS_DETACHED)
ODD(no_signer, CMS_NO_SIGNER)
ODD(two_signers, CMS_TWO_SIGNERS)
ODD(sha1_digest, CMS_SHA1)
ODD(unlisted, CMS_UNLISTED)
ODD(two_hashes, CMS_HASHES)
ODD(info_version, CMS_VERSION)
ODD(ber, CMS_BER)
ODD(indefinite_der, CMS_INDEFINITE)
ODD(extras, CMS_EXTRAS)
ODD(unsigned_late, CMS_UNSIGNED)
ODD(compact, JWS_COMPACT)
ODD(flattened, JWS_FLATTENED)
ODD(no_signatures, JWS_UNSIGNED)
ODD(second_signature, JWS_AGAIN)
ODD(alg_absent, JWS_ALG)
ODD(alg_none, JWS_NONE)
ODD(alg_hmac, JWS_HMAC)
ODD(typ_other, JWS_TYP)
ODD(typ_absent, JWS_TYPELESS)
ODD(jws_crit, JWS_CRIT)
ODD(open_header, JWS_OPEN)
ODD(open_crit, JWS_OPEN_CRIT)
ODD(open_twice, JWS_OPEN_TWICE)
ODD(padded, JWS_PADDED)
ODD(x5c_text, JWS_X5C)
ODD(untagged, COSE_UNTAGGED)
ODD(other_tag, COSE_TAG)
ODD(five, COSE_FIVE)
ODD(payload_nil, COSE_DETACHED)
ODD(es256k, COSE_ES256K)
ODD(cose_crit, COSE_CRIT)
ODD(crit_empty, COSE_CRIT_EMPTY)
ODD(crit_open, COSE_CRIT_OPEN)
ODD(label_twice, COSE_TWICE)
ODD(x5chain, COSE_CHAIN)
ODD(bag_protected, COSE_PROTECTED)
ODD(bag_both, COSE_BOTH)
ODD(cose_indefinite, COSE_INDEFINITE)
ODD(cose_chunks, COSE_CHUNKS)
ODD(bag_number, COSE_BAG)

static void
no_body(void)
{
	w.body = span_of("", 0);
}

static void
json_body(void)
{
	w.body = span_str("{\"ietf-voucher-request:voucher\":{}}");
}

static void
other_form(void)
{
	static const enum artifact_format next[] = { 0, FORMAT_JWS_JSON,
		FORMAT_COSE_CBOR, FORMAT_CMS_JSON };

	w.format = next[w.format];
}

/* Eleven, of which ten may be. */
static void
eleven(void)
{
	while (w.rvr.certificates_len < 11)
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(STRANGER_ROOT);
}

static void
ten(void)
{
	eleven();
	w.rvr.certificates_len--;
}

static void
certificate_broken(void)
{
	static struct foreign broken;

	broken.der = span_of("\x30\x00", 2);
	w.rvr.certificates[w.rvr.certificates_len++] = &broken;
}

static void
in_base64(void)
{
	struct span der;
	char *text;

	w.pvr.content = w.rvr.content = span_of("", 0);
	world_check(); /* makes it once, as it is */
	der = artifact_make(&w.rvr);
	text = keep(BASE64_SIZE(der.len) + 2);
	base64_encode(text, der);
	/* White space anywhere (MP 16 row 22). */
	memmove(text + 9, text + 8, strlen(text) - 7);
	text[8] = '\n';
	w.body = span_str(text);
}

static void
in_base64_on(void)
{
	in_base64();
	w.allowed = LEGACY(LEGACY_BASE64);
}

static void
see_base64(void)
{
	uint8_t hash[HASH_SIZE];

	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_BASE64));
	assert_int_equal(w.facts.prior_legacy, 0);
	/* The hash is of what came, not of what was in it. */
	sha256(w.body, hash);
	assert_memory_equal(w.facts.request_sha256, hash, HASH_SIZE);
}

static void
see_second(void)
{
	assert_non_null(strstr(trace_find(&w.trace, STEP_CONTAINER)->found.text,
	    "2 signatures, the first one counts"));
}

#define ROW1(name, form, change, reason, text, clause)                     \
	{                                                                  \
		name, form, change, STEP_CONTAINER, REASON_##reason, text, \
		    clause                                                 \
	}

static void
row_1(void **state)
{
	static const struct row rows[] = {
		ROW1("no octets", EVERY_FORM, no_body, EMPTY_BODY, "no bytes",
		    "MP 5 row 1"),
		ROW1("one octet more", CMS, trailing, CMS_TRAILING,
		    "1 octets behind the end", "MP 4"),
		ROW1("one octet more", JWS, trailing, JWS_MALFORMED, "no JSON",
		    "RFC 7515 7.2.1"),
		ROW1("one octet more", COSE, trailing, COSE_MALFORMED,
		    "octets behind the end", "RFC 9052 4.2"),
		ROW1("one octet less", CMS, cut, CMS_MALFORMED,
		    "no ContentInfo", "RFC 5652"),
		ROW1(
		    "one octet less", JWS, cut, JWS_MALFORMED, "no JSON", NULL),
		ROW1("one octet less", COSE, cut, COSE_MALFORMED,
		    "the signature", NULL),
		/* Content-Type decides, not what is there. */
		ROW1("another form's type", CMS, other_form, JWS_MALFORMED,
		    "no JSON", NULL),
		ROW1("another form's type", JWS, other_form, COSE_MALFORMED,
		    "no array of four", NULL),
		ROW1("another form's type", COSE, other_form, CMS_MALFORMED,
		    "no ContentInfo", NULL),
		ROW1("eleven certificates", CMS, eleven, CMS_CERTIFICATES,
		    "more than 10", "MP 17"),
		ROW1("eleven certificates", JWS | COSE, eleven,
		    CONTAINER_CERTIFICATES, "more than 10", "MP 17"),
		GOOD("ten certificates", EVERY_FORM, ten),
		ROW1("a certificate that is none", EVERY_FORM,
		    certificate_broken, CERTIFICATE_MALFORMED, "certificate",
		    "RFC 5280 4.1"),
		/* MP 8 */
		GOOD("id-data", CMS, id_data),
		ROW1("another eContentType", CMS, other_type, CMS_CONTENT_TYPE,
		    "eContentType", "RFC 8366 5.4"),
		ROW1("detached", CMS, detached, CMS_DETACHED, "eContent",
		    "MP 8"),
		ROW1("no SignerInfo", CMS, no_signer, CMS_SIGNERS, "no",
		    "MP 5 row 1"),
		ROW1("two SignerInfos", CMS, two_signers, CMS_SIGNERS,
		    "more than one", "MP 5 row 1"),
		ROW1("a SignerInfo of version 2", CMS, info_version,
		    CMS_MALFORMED, "SignerInfo version", NULL),
		ROW1("SHA-1", CMS, sha1_digest, ALGORITHM, "", "MP 8"),
		ROW1("a digest that is not listed", CMS, unlisted, ALGORITHM,
		    "digestAlgorithms lacks", "MP 8"),
		ROW1("two hashes", CMS, two_hashes, ALGORITHM,
		    "name two hashes", "MP 8"),
		GOOD("a longer length", CMS, ber),
		ROW1("no length", CMS, indefinite_der, CMS_MALFORMED,
		    "indefinite lengths", NULL),
		GOOD("crls, other certificates, unsignedAttrs", CMS, extras),
		ROW1("unsignedAttrs that end too late", CMS, unsigned_late,
		    CMS_MALFORMED, "unsignedAttrs", NULL),
		ROW1("JSON alone", CMS, json_body, CMS_MALFORMED,
		    "JSON, where CMS around it should be", NULL),
		/* MP 9 */
		ROW1("compact", JWS, compact, JWS_COMPACT, "compact", "MP 9"),
		ROW1("flattened", JWS, flattened, JWS_COMPACT, "flattened",
		    "MP 9"),
		ROW1("no signature", JWS, no_signatures, JWS_MALFORMED,
		    "signatures is empty", NULL),
		{ "two signatures", JWS, second_signature, STEP_NONE, REASON_OK,
		    NULL, NULL, see_second },
		ROW1("no alg", JWS, alg_absent, ALGORITHM, "no alg", NULL),
		ROW1("alg none", JWS, alg_none, ALGORITHM, "alg is not", NULL),
		ROW1("HMAC", JWS, alg_hmac, ALGORITHM, "alg is not", NULL),
		ROW1("another typ", JWS, typ_other, JWS_TYPE, "typ", "MP 9"),
		GOOD("no typ", JWS, typ_absent),
		ROW1("crit", JWS, jws_crit, JWS_HEADER, "crit",
		    "RFC 7515 4.1.11"),
		GOOD("an unprotected header", JWS, open_header),
		ROW1("crit in it", JWS, open_crit, JWS_HEADER,
		    "crit is not protected", "RFC 7515 4.1.11"),
		ROW1("a name in both", JWS, open_twice, JWS_HEADER,
		    "protected and unprotected", NULL),
		ROW1("padding", JWS, padded, JWS_MALFORMED, "base64url", NULL),
		ROW1("x5c is no array", JWS, x5c_text, JWS_MALFORMED, "x5c",
		    NULL),
		/* MP 10.1 */
		GOOD("no tag", COSE, untagged),
		ROW1("another tag", COSE, other_tag, COSE_MALFORMED, "tag",
		    NULL),
		ROW1("five elements", COSE, five, COSE_MALFORMED,
		    "no array of four", NULL),
		ROW1("payload nil", COSE, payload_nil, COSE_DETACHED, "payload",
		    "MP 10.1"),
		ROW1("ES256K", COSE, es256k, ALGORITHM, "alg -47", NULL),
		ROW1("crit", COSE, cose_crit, COSE_HEADER, "crit names",
		    "RFC 9052 3.1"),
		ROW1("empty crit", COSE, crit_empty, COSE_HEADER,
		    "crit is empty", NULL),
		ROW1("crit unprotected", COSE, crit_open, COSE_HEADER,
		    "crit is not protected", NULL),
		ROW1("a label twice", COSE, label_twice, COSE_MALFORMED,
		    "label occurs twice", NULL),
		GOOD("x5chain", COSE, x5chain),
		GOOD("a protected bag", COSE, bag_protected),
		GOOD("bags in both maps", COSE, bag_both),
		ROW1("a bag that is a number", COSE, bag_number, COSE_MALFORMED,
		    "COSE_X509", NULL),
		GOOD("indefinite lengths", COSE, cose_indefinite),
		/* doc/decisions/069 */
		ROW1("a payload in chunks", COSE, cose_chunks, COSE_MALFORMED,
		    "payload", NULL),
		/* MP 16 row 22 */
		ROW1("base64", EVERY_FORM, in_base64, LEGACY_FORM,
		    "legacy-base64 is off", "MP 16"),
		{ "base64, switched on", EVERY_FORM, in_base64_on, STEP_NONE,
		    REASON_OK, NULL, NULL, see_base64 },
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- row 2 --- */

LEAF(serial_number, "serial-number", "7", "07")
LEAF(serial_empty, "serial-number", "\"\"", "60")
LEAF(serial_control, "serial-number", "\"a\\u0007\"", "626107")
LEAF(nonce_type, "nonce", "7", "07")
LEAF(nonce_short, "nonce", "\"1234567\"", "4731323334353637")
LEAF(date_month, "created-on", "\"2025-13-01T00:00:00Z\"",
    "74323032352d31332d30315430303a30303a30305a")
LEAF(date_no_offset, "created-on", "\"2025-06-01T00:00:00\"",
    "73323032352d30362d30315430303a30303a3030")
LEAF(date_number, "created-on", "1750000000", "1a684ee180")
LEAF(assertion_odd, "assertion", "\"sworn\"", "1863")
LEAF(assertion_type, "assertion", "true", "f5")
LEAF(issuer_type, "idevid-issuer", "7", "07")
LEAF(issuer_shape, "idevid-issuer", "\"AAECAw==\"", "4400010203")
LEAF(prior_type, "agent-signed-data", "[]", "80")
LEAF(base64_bad, "idevid-issuer", "\"A-_=\"", "60")
LEAF(boolean_type, "domain-cert-revocation-checks", "7", "07")
LEAF(extensions_type, "extensions", "\"a\"", "6161")
LEAF(extensions_element, "extensions", "[null]", "81f6")
LEAF(agent_empty, "agent-sign-cert", "[]", "80")
LEAF(agent_five, "agent-sign-cert",
    "[\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\"]", "8541004100410041004100")
LEAF(expires_on, "expires-on", "\"2026-06-01T00:00:00Z\"",
    "74323032362d30362d30315430303a30303a30305a")

static void
serial_absent(void)
{
	leaf_drop(&w.registrar, "serial-number");
}

static void
serial_long(void)
{
	leaf_text(&w.registrar, "serial-number",
	    "0123456789012345678901234567890123456789012345678901234567890"
	    "1234");
}

static void
leaf_twice(void)
{
	leaf_add(&w.registrar, "nonce", LEAF_NONCE, span_str(NONCE));
}

static void
unknown_twice(void)
{
	leaf_raw(&w.registrar, "unheard-of", "1", "01");
	leaf_add(&w.registrar, "unheard-of", LEAF_TEXT, span_str("x"));
}

/* MP 6.2: ignored, and their names are on record. */
static void
unknown(void)
{
	leaf_raw(&w.registrar, "unheard-of", "{\"a\":[1]}", "a1616181a0");
	leaf_raw(&w.registrar, "other:leaf", "1.5", "f93e00");
}

static void
see_unknown(void)
{
	assert_string_equal(
	    room.registrar.request.unknown, "unheard-of,other:leaf");
	assert_non_null(strstr(trace_find(&w.trace, STEP_PAYLOAD)->found.text,
	    "leaves ignored: unheard-of,other:leaf"));
}

static void
named(void)
{
	w.registrar.names = true;
}

static void
other_root(void)
{
	w.registrar.root = "ietf-voucher-request:request";
}

static void
voucher_root(void)
{
	w.registrar.root = "ietf-voucher:voucher";
}

static void
voucher_sid(void)
{
	w.registrar.root_sid = 2451;
}

static void
voucher_root_on(void)
{
	voucher_root();
	w.allowed = LEGACY(LEGACY_VOUCHER_ROOT);
}

static void
see_voucher_root(void)
{
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_VOUCHER_ROOT));
	assert_int_equal(w.facts.prior_legacy, 0);
}

static void
draft_root(void)
{
	w.registrar.root = "ietf-voucher-request-prm:voucher";
}

static void
draft_root_on(void)
{
	draft_root();
	w.allowed = LEGACY(LEGACY_ROOTS);
}

static void
see_roots(void)
{
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_ROOTS));
}

static void
no_payload(void)
{
	w.registrar.content = span_of("", 0);
}

static void
half_payload(void)
{
	w.registrar.content = w.format == FORMAT_COSE_CBOR
	    ? from_hex("a11909c5a10d6178ff")
	    : span_str("{\"ietf-voucher-request:voucher\":{}");
}

static void
cut_payload(void)
{
	w.registrar.content = from_hex("a11909c5a10d6278");
}

/* Nine levels, of which eight may be. */
static void
deep_payload(void)
{
	leaf_raw(&w.registrar, "unheard-of", "1", "8181818181818181");
	w.registrar.leaves[w.registrar.leaves_len - 1].cbor =
	    from_hex("818181818181818101");
}

static void
two_roots(void)
{
	w.registrar.content = w.format == FORMAT_COSE_CBOR
	    ? from_hex("a21909c5a001a0")
	    : span_str("{\"ietf-voucher-request:voucher\":{},\"x\":1}");
}

static void
root_type(void)
{
	w.registrar.content = w.format == FORMAT_COSE_CBOR
	    ? from_hex("a11909c580")
	    : span_str("{\"ietf-voucher-request:voucher\":[]}");
}

static void
issuer_form_a(void)
{
	static const char head[] = "\x04\x18\x30\x16\x80\x14";
	uint8_t *value = keep(26);

	memcpy(value, head, 6);
	memcpy(value + 6, certificate_of(VENDOR)->c.subject_key_id.ptr, 20);
	leaf_binary(&w.registrar, "idevid-issuer", span_of(value, 26));
}

static void
issuer_form_c(void)
{
	leaf_binary(&w.registrar, "idevid-issuer",
	    certificate_of(VENDOR)->c.subject_key_id);
}

static void
see_issuer(void)
{
	assert_int_equal(w.facts.issuer.kind, ISSUER_KEY_ID);
	assert_true(span_eq(span_of(w.facts.issuer.bytes, w.facts.issuer.len),
	    certificate_of(VENDOR)->c.subject_key_id));
}

static void
issuer_name(void)
{
	leaf_binary(
	    &w.registrar, "idevid-issuer", certificate_of(VENDOR)->c.subject);
}

static void
see_issuer_name(void)
{
	uint8_t hash[HASH_SIZE];

	sha256(certificate_of(VENDOR)->c.subject, hash);
	assert_int_equal(w.facts.issuer.kind, ISSUER_NAME);
	assert_int_equal(w.facts.issuer.len, HASH_SIZE);
	assert_memory_equal(w.facts.issuer.bytes, hash, HASH_SIZE);
}

/* A key identifier of 64 octets is the longest that we keep. */
static void
issuer_length(size_t n)
{
	uint8_t *value = keep(n + 4);

	memset(value, 0x5a, n + 4);
	value[0] = 0x30;
	value[1] = (uint8_t)(n + 2);
	value[2] = 0x80;
	value[3] = (uint8_t)n;
	leaf_binary(&w.registrar, "idevid-issuer", span_of(value, n + 4));
}

static void
issuer_64(void)
{
	issuer_length(64);
}

static void
issuer_65(void)
{
	issuer_length(65);
}

static void
see_issuer_64(void)
{
	assert_int_equal(w.facts.issuer.len, 64);
}

static void
date_absent(void)
{
	leaf_drop(&w.registrar, "created-on");
}

static void
see_no_date(void)
{
	assert_false(w.facts.has_created_on);
}

#define ROW2(name, form, change, reason, text, clause)                   \
	{                                                                \
		name, form, change, STEP_PAYLOAD, REASON_##reason, text, \
		    clause                                               \
	}

static void
row_2(void **state)
{
	static const struct row rows[] = {
		ROW2("no payload", IN_JSON, no_payload, PAYLOAD_MALFORMED,
		    "offset 0", "RFC 8259, RFC 8949"),
		ROW2("no payload", COSE, no_payload, PAYLOAD_MALFORMED,
		    "payload: ", "RFC 8259, RFC 8949"),
		ROW2("a payload that is cut off", IN_JSON, half_payload,
		    PAYLOAD_MALFORMED, "payload: ", NULL),
		ROW2("a payload with more behind it", COSE, half_payload,
		    PAYLOAD_MALFORMED, "payload: ", NULL),
		ROW2("a payload that is cut off", COSE, cut_payload,
		    PAYLOAD_MALFORMED, "payload: ", NULL),
		ROW2("nine levels", COSE, deep_payload, PAYLOAD_MALFORMED,
		    "payload: ", NULL),
		ROW2("two roots", EVERY_FORM, two_roots, PAYLOAD_ROOT, "root",
		    "RFC 8995 3.4"),
		ROW2("a root that is no container", EVERY_FORM, root_type,
		    PAYLOAD_TYPE, "the root", "RFC 7951"),
		ROW2("another root", EVERY_FORM, other_root, PAYLOAD_ROOT,
		    "root", "RFC 8995 3.4"),
		/* A voucher at the top. */
		ROW2("a voucher's root", EVERY_FORM, voucher_root, PAYLOAD_ROOT,
		    "legacy-voucher-root is off", "RFC 8995 3.4"),
		ROW2("a voucher's SID", COSE, voucher_sid, PAYLOAD_ROOT, "root",
		    NULL),
		{ "a voucher's root, switched on", EVERY_FORM, voucher_root_on,
		    STEP_NONE, REASON_OK, NULL, NULL, see_voucher_root },
		ROW2("a draft's root", EVERY_FORM, draft_root, LEGACY_FORM,
		    "legacy-roots is off", "MP 16"),
		{ "a draft's root, switched on", EVERY_FORM, draft_root_on,
		    STEP_NONE, REASON_OK, NULL, NULL, see_roots },
		GOOD("names for SIDs", COSE, named),
		ROW2("no serial-number", EVERY_FORM, serial_absent,
		    SERIAL_MISSING, "serial-number", "RFC 8366 5.3"),
		ROW2("an empty one", EVERY_FORM, serial_empty, PAYLOAD_TYPE,
		    "serial-number is not", NULL),
		ROW2("a number", EVERY_FORM, serial_number, PAYLOAD_TYPE,
		    "serial-number is no", NULL),
		ROW2("a control character", EVERY_FORM, serial_control,
		    PAYLOAD_TYPE, "serial-number is not", NULL),
		ROW2("65 characters", EVERY_FORM, serial_long, PAYLOAD_TYPE,
		    "serial-number is not", NULL),
		ROW2("nonce of another type", EVERY_FORM, nonce_type,
		    PAYLOAD_TYPE, "nonce is no", NULL),
		ROW2("nonce of seven", EVERY_FORM, nonce_short, NONCE_LENGTH,
		    "nonce is not 8 to", "MP 7.3"),
		ROW2("month 13", EVERY_FORM, date_month, DATE_MALFORMED,
		    "created-on is no", "MP 7.2"),
		ROW2("no offset", EVERY_FORM, date_no_offset, DATE_MALFORMED,
		    "created-on is no", "MP 7.2"),
		ROW2("date of another type", EVERY_FORM, date_number,
		    PAYLOAD_TYPE, "created-on is no", NULL),
		{ "no created-on", EVERY_FORM, date_absent, STEP_NONE,
		    REASON_OK, NULL, NULL, see_no_date },
		GOOD("an assertion that is none", EVERY_FORM, assertion_odd),
		ROW2("assertion of another type", EVERY_FORM, assertion_type,
		    PAYLOAD_TYPE, "assertion is no", NULL),
		{ "idevid-issuer, form A", EVERY_FORM, issuer_form_a, STEP_NONE,
		    REASON_OK, NULL, NULL, see_issuer },
		{ "idevid-issuer, form C", EVERY_FORM, issuer_form_c, STEP_NONE,
		    REASON_OK, NULL, NULL, see_issuer },
		{ "idevid-issuer, form D", EVERY_FORM, issuer_name, STEP_NONE,
		    REASON_OK, NULL, NULL, see_issuer_name },
		{ "64 octets in it", EVERY_FORM, issuer_64, STEP_NONE,
		    REASON_OK, NULL, NULL, see_issuer_64 },
		ROW2("65 octets in it", EVERY_FORM, issuer_65, ISSUER_SHAPE,
		    "65 octets", "MP 6.3"),
		ROW2("idevid-issuer of another shape", EVERY_FORM, issuer_shape,
		    ISSUER_SHAPE, "idevid-issuer of 4 octets", "MP 6.3"),
		ROW2("idevid-issuer of another type", EVERY_FORM, issuer_type,
		    PAYLOAD_TYPE, "idevid-issuer is no", NULL),
		ROW2("the other alphabet", IN_JSON, base64_bad, PAYLOAD_TYPE,
		    "idevid-issuer is no base64", NULL),
		ROW2("a binary of another type", EVERY_FORM, prior_type,
		    PAYLOAD_TYPE, "agent-signed-data is no", NULL),
		ROW2("a boolean of another type", IN_JSON, boolean_type,
		    PAYLOAD_TYPE, "domain-cert-revocation-checks", NULL),
		ROW2("extensions of another type", EVERY_FORM, extensions_type,
		    PAYLOAD_TYPE, "extensions is no list", NULL),
		ROW2("an extension of another type", EVERY_FORM,
		    extensions_element, PAYLOAD_TYPE, "extensions holds more",
		    NULL),
		ROW2("no agent-sign-cert in the list", EVERY_FORM, agent_empty,
		    PAYLOAD_TYPE, "agent-sign-cert is an empty list", NULL),
		ROW2("five of them", EVERY_FORM, agent_five, PAYLOAD_TYPE,
		    "agent-sign-cert holds too many", NULL),
		ROW2("a leaf twice", EVERY_FORM, leaf_twice, PAYLOAD_DUPLICATE,
		    "twice", "MP 6.2"),
		ROW2("an unknown leaf twice", EVERY_FORM, unknown_twice,
		    PAYLOAD_DUPLICATE, "twice", "MP 6.2"),
		{ "unknown leaves", EVERY_FORM, unknown, STEP_NONE, REASON_OK,
		    NULL, NULL, see_unknown },
		/* MP 16 row 7: ignored. */
		GOOD("a nonce and expires-on", EVERY_FORM, expires_on),
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* A request for the log that row 1 refuses is handed on, and the note of it has
 * nothing of whoever was here before. */
static void
nothing_is_left(void **state)
{
	(void)state;
	world_begin(FORMAT_JWS_JSON);
	leaf_raw(&w.registrar, "colour", "1", "01");
	leaf_raw(&w.registrar, "extensions", "[\"x\"]", "816178");
	w.rvr.odd = ODD_JWS_AGAIN;
	world_check();
	assert_int_equal(w.reason, REASON_OK);
	assert_string_equal(room.registrar.request.unknown, "colour");
	assert_string_equal(room.registrar.request.extensions, "x");
	world_begin(FORMAT_CMS_JSON);
	w.kind = REQUEST_AUDIT_LOG;
	w.rvr.odd = ODD_CMS_SHA1;
	world_check();
	assert_true(check_hands_on(w.kind, w.reason));
	assert_int_equal(w.trace.len, 1);
	assert_string_equal(room.registrar.request.serial, "");
	assert_string_equal(room.registrar.request.unknown, "");
	assert_string_equal(room.registrar.request.extensions, "");
	assert_string_equal(room.pledge.request.serial, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(row_1),
		cmocka_unit_test(row_2),
		cmocka_unit_test(nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, world_end);
}
