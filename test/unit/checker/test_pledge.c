/* MP 5 rows 12 to 14: the pledge's request inside the registrar's, in each of the
 * three forms. */
#include "world.h"

#include "base/text.h"

#define PRIOR_LEAF(name, leaf, json, cbor)             \
	static void name(void)                         \
	{                                              \
		leaf_raw(&w.pledge, leaf, json, cbor); \
	}
#define REFUSED(name, form, change, step, reason, text, clause)         \
	{                                                               \
		name, form, change, STEP_##step, REASON_##reason, text, \
		    clause, NULL                                        \
	}
#define SEEN(name, form, change, see)                                     \
	{                                                                 \
		name, form, change, STEP_NONE, REASON_OK, NULL, NULL, see \
	}

/* The pledge sends its own certificate, in COSE too. */
static void
with_own(void)
{
	w.pvr.certificates[0] = w.pvr.signer;
	w.pvr.certificates_len = 1;
}

/* --- row 12 --- */

static void
alone(void)
{
	w.alone = true;
}

static void
see_alone(void)
{
	assert_false(w.facts.prior);
	assert_int_equal(w.facts.proximity, PROXIMITY_ABSENT);
	assert_int_equal(
	    trace_find(&w.trace, STEP_PRIOR)->outcome, OUTCOME_NOT_APPLICABLE);
	assert_int_equal(w.trace.len, 12);
	assert_string_equal(w.facts.nonce, NONCE);
}

static void
prior_empty(void)
{
	w.prior = span_of("", 0);
}

static void
prior_json(void)
{
	w.prior = span_str(" {\"ietf-voucher-request:voucher\":{}}");
}

static void
prior_list(void)
{
	w.prior = span_str("[1]");
}

/* It has one of a JWS's two members. */
static void
prior_signatures(void)
{
	w.prior = span_str("{\"signatures\":[]}");
}

static void
prior_payload(void)
{
	w.prior = span_str("{\"payload\":\"e30\"}");
}

static void
prior_cbor(void)
{
	w.prior = from_hex("a11909c5a0");
}

static void
prior_garbage(void)
{
	w.prior = span_of("\xfe\xfe\xfe", 3);
}

static void
unsigned_on(void)
{
	prior_json();
	w.allowed = LEGACY(LEGACY_UNSIGNED_PRIOR);
}

static void
empty_on(void)
{
	prior_empty();
	w.allowed = LEGACY(LEGACY_UNSIGNED_PRIOR);
}

static void
garbage_on(void)
{
	prior_garbage();
	w.allowed = LEGACY(LEGACY_UNSIGNED_PRIOR);
}

static void
see_unsigned(void)
{
	assert_false(w.facts.prior);
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_UNSIGNED_PRIOR));
	assert_int_equal(w.facts.prior_legacy, 0);
	assert_int_equal(w.facts.proximity, PROXIMITY_ABSENT);
	assert_int_equal(
	    trace_find(&w.trace, STEP_PLEDGE)->outcome, OUTCOME_NOT_APPLICABLE);
}

static void
voucher(void)
{
	w.pledge.root = "ietf-voucher:voucher";
}

/* Not even where a registrar's request may have that root. */
static void
voucher_on(void)
{
	voucher();
	w.allowed = LEGACY(LEGACY_VOUCHER_ROOT);
}

static void
voucher_sid(void)
{
	w.pledge.root_sid = 2451;
}

static void
voucher_2019(void)
{
	w.pledge.root_sid = 1001100;
}

static void
request_root_other(void)
{
	w.pledge.root = "ietf-voucher-request:request";
}

static void
draft_root(void)
{
	w.pledge.root = "ietf-voucher-request-async:voucher";
}

static void
draft_root_on(void)
{
	draft_root();
	w.allowed = LEGACY(LEGACY_ROOTS);
}

static void
see_draft(void)
{
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_ROOTS));
	assert_int_equal(w.facts.prior_legacy, LEGACY(LEGACY_ROOTS));
}

PRIOR_ODD(trailing, TRAILING)
PRIOR_ODD(cut, CUT)
PRIOR_ODD(compact, JWS_COMPACT)
PRIOR_ODD(two_signers, CMS_TWO_SIGNERS)
PRIOR_ODD(detached, CMS_DETACHED)
PRIOR_ODD(payload_nil, COSE_DETACHED)
PRIOR_ODD(typ_other, JWS_TYP)
PRIOR_ODD(jws_crit, JWS_CRIT)
PRIOR_ODD(alg_none, JWS_NONE)
PRIOR_ODD(sha1_digest, CMS_SHA1)
PRIOR_ODD(cose_crit, COSE_CRIT)
PRIOR_ODD(es256k, COSE_ES256K)
PRIOR_LEAF(nonce_type, "nonce", "7", "07")
PRIOR_LEAF(nonce_short, "nonce", "\"1234567\"", "4731323334353637")
PRIOR_LEAF(date_bad, "created-on", "\"2025-13-01T00:00:00Z\"",
    "74323032352d31332d30315430303a30303a30305a")

static void
nested(void)
{
	/* One level only: what is inside of it is nobody's affair. */
	leaf_binary(
	    &w.pledge, "prior-signed-voucher-request", span_of("\xff", 1));
}

/* One form inside of another, by its first octet (MP 3 rule 5). */
static void
as_cms(void)
{
	w.pvr.format = FORMAT_CMS_JSON;
	with_own();
}

static void
as_jws(void)
{
	w.pvr.format = FORMAT_JWS_JSON;
	with_own();
}

static void
as_cose(void)
{
	w.pvr.format = FORMAT_COSE_CBOR;
	with_own();
}

static void
see_mixed(void)
{
	assert_true(w.facts.prior);
	assert_int_equal(w.facts.format, w.format);
	assert_int_equal(w.facts.prior_format, w.pvr.format);
	assert_int_equal(w.facts.proximity, PROXIMITY_PROVEN);
}

static void
row_12(void **state)
{
	static const struct row rows[] = {
		SEEN("absent", EVERY_FORM, alone, see_alone),
		REFUSED("empty", EVERY_FORM, prior_empty, PRIOR, PRIOR_UNSIGNED,
		    "it is empty", "RFC 8995 5.5.5"),
		REFUSED("plain JSON", EVERY_FORM, prior_json, PRIOR,
		    PRIOR_UNSIGNED, "plain JSON", "RFC 8995 5.5.5"),
		REFUSED("a JSON list", EVERY_FORM, prior_list, PRIOR,
		    PRIOR_UNSIGNED, "plain JSON", NULL),
		REFUSED("half a JWS", EVERY_FORM, prior_signatures, PRIOR,
		    PRIOR_MALFORMED, "jws-malformed: ", NULL),
		REFUSED("the other half", EVERY_FORM, prior_payload, PRIOR,
		    PRIOR_MALFORMED, "jws-malformed: ", NULL),
		REFUSED("plain CBOR", EVERY_FORM, prior_cbor, PRIOR,
		    PRIOR_UNSIGNED, "plain CBOR", NULL),
		REFUSED("garbage", EVERY_FORM, prior_garbage, PRIOR,
		    PRIOR_MALFORMED, "octet fe", "RFC 8995 5.5.5"),
		SEEN("plain JSON, switched on", EVERY_FORM, unsigned_on,
		    see_unsigned),
		SEEN("empty, switched on", EVERY_FORM, empty_on, see_unsigned),
		REFUSED("garbage, switched on", EVERY_FORM, garbage_on, PRIOR,
		    PRIOR_MALFORMED, "octet fe", NULL),
		REFUSED("a voucher", EVERY_FORM, voucher, PRIOR, PRIOR_RENEWAL,
		    "signed voucher", "MP 13"),
		REFUSED("a voucher, switched on", EVERY_FORM, voucher_on, PRIOR,
		    PRIOR_RENEWAL, "signed voucher", NULL),
		REFUSED("a voucher's SID", COSE, voucher_sid, PRIOR,
		    PRIOR_RENEWAL, "signed voucher", NULL),
		REFUSED("a voucher of 2019", COSE, voucher_2019, PRIOR,
		    PRIOR_RENEWAL, "signed voucher", NULL),
		REFUSED("another root", EVERY_FORM, request_root_other, PRIOR,
		    PRIOR_MALFORMED, "payload-root: ", NULL),
		REFUSED("a draft's root", EVERY_FORM, draft_root, PRIOR,
		    PRIOR_MALFORMED, "legacy-form: ", NULL),
		SEEN("a draft's root, switched on", EVERY_FORM, draft_root_on,
		    see_draft),
		/* What is a 400 of the registrar's is a 403 of the pledge's. */
		REFUSED("an octet more", CMS, trailing, PRIOR, PRIOR_MALFORMED,
		    "cms-trailing: ", NULL),
		REFUSED("an octet more", JWS, trailing, PRIOR, PRIOR_MALFORMED,
		    "jws-malformed: ", NULL),
		REFUSED("an octet more", COSE, trailing, PRIOR, PRIOR_MALFORMED,
		    "cose-malformed: ", NULL),
		REFUSED("an octet less", CMS, cut, PRIOR, PRIOR_MALFORMED,
		    "cms-malformed: ", NULL),
		REFUSED("an octet less", COSE, cut, PRIOR, PRIOR_MALFORMED,
		    "cose-malformed: ", NULL),
		REFUSED("compact", JWS, compact, PRIOR, PRIOR_MALFORMED,
		    "jws-compact: ", NULL),
		REFUSED("two signers", CMS, two_signers, PRIOR, PRIOR_MALFORMED,
		    "cms-signers: ", NULL),
		REFUSED("detached", CMS, detached, PRIOR, PRIOR_MALFORMED,
		    "cms-detached: ", NULL),
		REFUSED("payload nil", COSE, payload_nil, PRIOR,
		    PRIOR_MALFORMED, "cose-detached: ", NULL),
		REFUSED("nonce of another type", EVERY_FORM, nonce_type, PRIOR,
		    PRIOR_MALFORMED, "payload-type: nonce", NULL),
		REFUSED("nonce of seven", EVERY_FORM, nonce_short, PRIOR,
		    PRIOR_MALFORMED, "nonce-length: nonce", NULL),
		REFUSED("month 13", EVERY_FORM, date_bad, PRIOR,
		    PRIOR_MALFORMED, "date-malformed: created-on", NULL),
		/* What is a 403 of either says whose it is. */
		REFUSED("another typ", JWS, typ_other, PRIOR, JWS_TYPE,
		    "the pledge's request: typ", "MP 9"),
		REFUSED("crit", JWS, jws_crit, PRIOR, JWS_HEADER,
		    "the pledge's request: crit", NULL),
		REFUSED("alg none", JWS, alg_none, PRIOR, ALGORITHM,
		    "the pledge's request: alg", NULL),
		REFUSED("SHA-1", CMS, sha1_digest, PRIOR, ALGORITHM,
		    "the pledge's request: ", NULL),
		REFUSED("crit", COSE, cose_crit, PRIOR, COSE_HEADER,
		    "the pledge's request: crit", NULL),
		REFUSED("ES256K", COSE, es256k, PRIOR, ALGORITHM,
		    "the pledge's request: alg -47", NULL),
		GOOD("a prior in it", EVERY_FORM, nested),
		SEEN("CMS in it", EVERY_FORM, as_cms, see_mixed),
		SEEN("JWS in it", EVERY_FORM, as_jws, see_mixed),
		SEEN("COSE in it", EVERY_FORM, as_cose, see_mixed),
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- row 13 --- */

PRIOR_ODD(signature, SIGNATURE)
PRIOR_ODD(bare, CMS_BARE)
PRIOR_ODD(bare_data, CMS_BARE_DATA)
PRIOR_ODD(digest_differs, CMS_DIGEST_DIFFERS)
PRIOR_ODD(no_alg, COSE_ALG)

static void
signature_own(void)
{
	with_own();
	signature();
}

static void
no_certificate(void)
{
	w.pvr.certificates_len = 0;
}

static void
no_alg_own(void)
{
	with_own();
	no_alg();
}

static void
see_2019(void)
{
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_LAYOUT_2019));
	assert_int_equal(w.facts.prior_legacy, LEGACY(LEGACY_LAYOUT_2019));
}

static void
see_bare(void)
{
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_UNATTRIBUTED));
	assert_int_equal(w.facts.prior_legacy, LEGACY(LEGACY_UNATTRIBUTED));
}

/* Nobody's certificate came along. */
static void
nothing_along(void)
{
	no_certificate();
	world_registrar(REGISTRAR, SUB, ROOT, NOBODY);
}

static void
on_record(void)
{
	nothing_along();
	world_on_record(DEVICE_OTHER, DEVICE, NOBODY);
}

static void
on_record_other(void)
{
	nothing_along();
	world_on_record(DEVICE_OTHER, NOBODY);
}

static void
on_record_none(void)
{
	nothing_along();
	world_on_record(NOBODY);
}

static void
on_record_broken(void)
{
	nothing_along();
	world_on_record(NOBODY);
	w.on_record.len = 1;
	w.on_record.certificates[0] = span_of("\x30\x00", 2);
}

static void
see_record(void)
{
	uint8_t hash[HASH_SIZE];

	assert_false(w.look_up);
	sha256(certificate_of(DEVICE)->der, hash);
	assert_memory_equal(w.facts.pledge_certificate_sha256, hash, HASH_SIZE);
	assert_string_equal(trace_find(&w.trace, STEP_PLEDGE)->found.text,
	    "by the certificate on record");
}

static void
see_along(void)
{
	assert_false(w.look_up);
	assert_string_equal(trace_find(&w.trace, STEP_PLEDGE)->found.text,
	    "by a certificate in the registrar's request");
}

static void
see_to_ask(void)
{
	assert_true(w.look_up);
	assert_string_equal(w.facts.serial, SERIAL);
	assert_int_equal(w.facts.chain_len, 3);
	assert_false(w.facts.prior);
}

static void
see_asked(void)
{
	assert_false(w.look_up);
}

/* The certificate of a device that has the serial must be its own; a CA's key
 * and a registrar's are none. */
static void
vendor_signs(void)
{
	w.pvr.signer = certificate_of(VENDOR);
}

/* Certificates of others in the bag are none of this pledge's. */
static void
other_along(void)
{
	world_device(DEVICE_OTHER);
}

static void
twice_along(void)
{
	world_device(DEVICE_TWICE);
}

/* Whose key it is the authority compares: here it is only told. */
static void
false_device(void)
{
	with_own();
	world_device(DEVICE_FALSE);
}

static void
see_false(void)
{
	uint8_t hash[HASH_SIZE];

	sha256(certificate_of(DEVICE_FALSE)->c.spki, hash);
	assert_memory_equal(w.facts.pledge_spki_sha256, hash, HASH_SIZE);
	sha256(certificate_of(STRANGER_ROOT)->c.subject, hash);
	assert_memory_equal(w.facts.pledge_issuer_name_sha256, hash, HASH_SIZE);
}

static void
expired_device(void)
{
	world_device(DEVICE_EXPIRED);
}

/* The layout of 2019 (MP 10.4), in a request that names its algorithm. */
static void
layout_2019(void)
{
	struct span der = certificate_of(REGISTRAR)->der;
	uint8_t *at = keep(der.len + 128), *begin = at;
	static const char head[] =
	    "\xa1\x1a\x00\x0f\x46\xc2\xa5"
	    "\x01\x69proximity"
	    "\x02\xc1\x1a\x68\x4e\xe1\x80"
	    "\x07\x78\x18" NONCE "\x0a\x49" SERIAL "\x0c\x59";

	memcpy(at, head, sizeof(head) - 1);
	at += sizeof(head) - 1;
	*at++ = (uint8_t)(der.len >> 8);
	*at++ = (uint8_t)der.len;
	memcpy(at, der.ptr, der.len);
	w.pledge.content = span_of(begin, (size_t)(at + der.len - begin));
}

/* Each row may be dear, but not all of them (doc/decisions/042): here the first
 * three cost about 250, and the keys that are tried before the device's 90. */
static void
dear(enum who device)
{
	static const enum who slow[] = { SLOW_1, SLOW_2, SLOW_3, SLOW_4, SLOW_5,
		SLOW_1, SLOW_6 };
	unsigned i;

	w.rvr.certificates_len = 0;
	for (i = 0; i < 7; i++)
		w.rvr.certificates[w.rvr.certificates_len++] =
		    certificate_of(slow[i]);
	w.rvr.signer = certificate_of(SLOW_6);
	for (i = 0; i < 6; i++)
		w.pvr.certificates[i] = certificate_of(slow[i]);
	w.pvr.certificates[6] = w.pvr.signer = certificate_of(device);
	w.pvr.certificates_len = 7;
}

static void
dear_enough(void)
{
	dear(DEVICE);
}

static void
dear_too_much(void)
{
	dear(DEVICE_P384);
}

static void
row_13(void **state)
{
	static const struct row rows[] = {
		REFUSED("a bit of the signature", EVERY_FORM, signature_own,
		    PLEDGE, PRIOR_SIGNATURE, "none of the 1 certificates",
		    "RFC 8995 5.5.5"),
		REFUSED("a bit of the signature", COSE, signature, PLEDGE,
		    PRIOR_CERTIFICATE, "nor one on record", "RFC 8995 5.5.5"),
		/* CMS brings its own; the others may be on record. */
		REFUSED("no certificate", CMS, no_certificate, PLEDGE,
		    PRIOR_CERTIFICATE, "no certificate", "RFC 8995 5.5.5"),
		{ "no certificate", JWS | COSE, nothing_along, STEP_PLEDGE,
		    REASON_PRIOR_CERTIFICATE, "nor one on record", NULL,
		    see_to_ask },
		SEEN("in the registrar's bag", COSE, NULL, see_along),
		SEEN("on record", JWS | COSE, on_record, see_record),
		{ "another's on record", JWS | COSE, on_record_other,
		    STEP_PLEDGE, REASON_PRIOR_CERTIFICATE, "nor one on record",
		    NULL, see_asked },
		{ "none on record", JWS | COSE, on_record_none, STEP_PLEDGE,
		    REASON_PRIOR_CERTIFICATE, "nor one on record", NULL,
		    see_asked },
		{ "one that is none on record", JWS | COSE, on_record_broken,
		    STEP_PLEDGE, REASON_PRIOR_CERTIFICATE, "nor one on record",
		    NULL, see_asked },
		GOOD("its own in COSE", COSE, with_own),
		GOOD("many slow keys", COSE, dear_enough),
		REFUSED("many slow keys, and one more", COSE, dear_too_much,
		    PLEDGE, REQUEST_COSTLY, "", "MP 17"),
		REFUSED("a CA signs", COSE, vendor_signs, PLEDGE,
		    PRIOR_CERTIFICATE, "nor one on record", NULL),
		REFUSED("another device's in the bag", COSE, other_along,
		    PLEDGE, PRIOR_CERTIFICATE, "nor one on record", NULL),
		REFUSED("one with two serials in the bag", COSE, twice_along,
		    PLEDGE, PRIOR_CERTIFICATE, "nor one on record", NULL),
		SEEN("no alg, a key from elsewhere", COSE, no_alg, see_2019),
		REFUSED("no alg, its own certificate", COSE, no_alg_own, PLEDGE,
		    ALGORITHM, "the pledge's request: the protected header",
		    NULL),
		SEEN("the layout of 2019", COSE, layout_2019, see_2019),
		REFUSED("no signedAttrs", CMS, bare, PLEDGE,
		    CMS_ATTRIBUTES_MISSING, "the pledge's request: signedAttrs",
		    NULL),
		SEEN("no signedAttrs with id-data", CMS, bare_data, see_bare),
		REFUSED("another digest", CMS, digest_differs, PLEDGE,
		    CMS_ATTRIBUTES, "the pledge's request: messageDigest",
		    NULL),
		SEEN("a device of a stranger's making", EVERY_FORM,
		    false_device, see_false),
		GOOD("an IDevID that has expired", EVERY_FORM, expired_device),
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- row 14 --- */

static void
device(enum who who)
{
	with_own();
	world_device(who);
}

#define DEVICE_IS(name, who)   \
	static void name(void) \
	{                      \
		device(who);   \
	}
DEVICE_IS(utf8, DEVICE_UTF8)
DEVICE_IS(teletex, DEVICE_TELETEX)
DEVICE_IS(serialless, DEVICE_SERIALLESS)
DEVICE_IS(twice, DEVICE_TWICE)
DEVICE_IS(other_device, DEVICE_OTHER)

static void
other_serial(void)
{
	leaf_text(&w.pledge, "serial-number", "JADA-0078");
}

static void
no_serial(void)
{
	leaf_drop(&w.pledge, "serial-number");
}

/* MP 6.4: exact octets. */
static void
lower_case(void)
{
	with_own();
	leaf_text(&w.pledge, "serial-number", "jada-0077");
	leaf_text(&w.registrar, "serial-number", "jada-0077");
}

static void
longer(void)
{
	leaf_text(&w.pledge, "serial-number", SERIAL "7");
}

static void
see_utf8(void)
{
	assert_non_null(strstr(trace_find(&w.trace, STEP_SERIAL)->found.text,
	    "no PrintableString"));
}

static void
see_printable(void)
{
	assert_string_equal(trace_find(&w.trace, STEP_SERIAL)->found.text, "");
}

static void
row_14(void **state)
{
	static const struct row rows[] = {
		SEEN("PrintableString", EVERY_FORM, NULL, see_printable),
		SEEN("UTF8String", EVERY_FORM, utf8, see_utf8),
		SEEN("TeletexString", EVERY_FORM, teletex, see_utf8),
		REFUSED("no serialNumber", EVERY_FORM, serialless, SERIAL,
		    PLEDGE_SERIAL_COUNT, "0 serialNumber", "MP 6.4"),
		REFUSED("two serialNumbers", EVERY_FORM, twice, SERIAL,
		    PLEDGE_SERIAL_COUNT, "2 serialNumber", "MP 6.4"),
		REFUSED("another device", EVERY_FORM, other_device, SERIAL,
		    PLEDGE_SERIAL, "the pledge's certificate names another",
		    "RFC 8995 5.5.5"),
		REFUSED("another in the pledge's request", EVERY_FORM,
		    other_serial, SERIAL, PLEDGE_SERIAL,
		    "the pledge's request names another", "RFC 8995 5.5.5"),
		REFUSED("one character more", EVERY_FORM, longer, SERIAL,
		    PLEDGE_SERIAL, "the pledge's request names another", NULL),
		REFUSED("another case", EVERY_FORM, lower_case, SERIAL,
		    PLEDGE_SERIAL, "the pledge's certificate names another",
		    NULL),
		GOOD("none in the pledge's request", EVERY_FORM, no_serial),
	};

	(void)state;
	ROWS_CHECK(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_12),
		cmocka_unit_test(row_13),
		cmocka_unit_test(row_14),
	};

	return cmocka_run_group_tests(tests, NULL, world_end);
}
