/* MP 5 rows 15 and 16: the registrar that the pledge saw, and the nonce, in each of
 * the three forms. */
#include "world.h"

#define REFUSED(name, form, change, step, reason, text, clause)         \
	{                                                               \
		name, form, change, STEP_##step, REASON_##reason, text, \
		    clause, NULL                                        \
	}
#define SEEN(name, form, change, see)                                     \
	{                                                                 \
		name, form, change, STEP_NONE, REASON_OK, NULL, NULL, see \
	}

/* The pledge's request in another form, with its certificate in it. */
static void
other_form(enum artifact_format format)
{
	w.pvr.format = format;
	w.pvr.certificates[0] = w.pvr.signer;
	w.pvr.certificates_len = 1;
}

/* --- row 15 --- */

static struct span
hash_of(struct span bytes)
{
	uint8_t *out = keep(HASH_SIZE);

	sha256(bytes, out);
	return span_of(out, HASH_SIZE);
}

#define SPKI(who) certificate_of(who)->c.spki
#define SEES(name, leaf, value)                                 \
	static void name(void)                                  \
	{                                                       \
		world_sees("proximity-registrar-" leaf, value); \
	}
SEES(sees_key, "pubk", SPKI(REGISTRAR))
SEES(sees_hash, "pubk-sha256", hash_of(SPKI(REGISTRAR)))
SEES(sees_again, "cert", certificate_of(REGISTRAR_AGAIN)->der)
SEES(sees_ca, "cert", certificate_of(SUB)->der)
SEES(sees_root, "pubk-sha256", hash_of(SPKI(ROOT)))
SEES(sees_other, "cert", certificate_of(STRANGER)->der)
SEES(sees_other_key, "pubk", SPKI(STRANGER))
SEES(sees_other_hash, "pubk-sha256", hash_of(SPKI(STRANGER)))
SEES(sees_itself, "cert", certificate_of(DEVICE)->der)
SEES(sees_vendor, "cert", certificate_of(VENDOR)->der)
SEES(sees_31, "pubk-sha256", span_of(hash_of(SPKI(REGISTRAR)).ptr, 31))
SEES(sees_nothing, "pubk-sha256", span_of("", 0))
SEES(sees_empty_key, "pubk", span_of("", 0))
SEES(sees_empty, "cert", span_of("", 0))
SEES(sees_no_certificate, "cert", span_of("\x30\x00", 2))

static void
sees_none(void)
{
	world_sees(NULL, span_of(NULL, 0));
}

/* That it came along is not enough: it is in no chain. */
static void
sees_along(void)
{
	sees_other();
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(STRANGER);
}

/* 8366bis 9: the hash counts, then the key, then the certificate. */
static void
hash_first(void)
{
	sees_hash();
	leaf_binary(&w.pledge, "proximity-registrar-pubk", SPKI(STRANGER));
	leaf_binary(
	    &w.pledge, "proximity-registrar-cert", span_of("\x30\x00", 2));
}

static void
key_second(void)
{
	sees_key();
	leaf_binary(&w.pledge, "proximity-registrar-cert",
	    certificate_of(STRANGER)->der);
}

static void
hash_first_other(void)
{
	sees_other_hash();
	leaf_binary(&w.pledge, "proximity-registrar-pubk", SPKI(REGISTRAR));
}

/* An agent is one only with what it signed (MP 15.1). */
static void
no_agent_data(void)
{
	leaf_text(&w.pledge, "assertion", "agent-proximity");
}

static void
see_proven(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_PROVEN);
}

static void
see_differs(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_DIFFERS);
}

static void
see_absent(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_ABSENT);
}

static void
row_15(void **state)
{
	/* Whether a product may go on without it policy judges. */
	static const struct row rows[] = {
		SEEN("a certificate", EVERY_FORM, NULL, see_proven),
		SEEN("a key", EVERY_FORM, sees_key, see_proven),
		SEEN("a hash", EVERY_FORM, sees_hash, see_proven),
		SEEN("its key in another certificate", EVERY_FORM, sees_again,
		    see_proven),
		SEEN("a CA of the chain", EVERY_FORM, sees_ca, see_proven),
		SEEN("the top of the chain", EVERY_FORM, sees_root, see_proven),
		SEEN(
		    "another certificate", EVERY_FORM, sees_other, see_differs),
		SEEN("another key", EVERY_FORM, sees_other_key, see_differs),
		SEEN("another hash", EVERY_FORM, sees_other_hash, see_differs),
		SEEN("an empty key", EVERY_FORM, sees_empty_key, see_differs),
		SEEN("the pledge itself", EVERY_FORM, sees_itself, see_differs),
		SEEN("its CA", EVERY_FORM, sees_vendor, see_differs),
		SEEN(
		    "one that came along", EVERY_FORM, sees_along, see_differs),
		SEEN("nobody", EVERY_FORM, sees_none, see_absent),
		SEEN("a hash first", EVERY_FORM, hash_first, see_proven),
		SEEN("a key second", EVERY_FORM, key_second, see_proven),
		SEEN("another hash first", EVERY_FORM, hash_first_other,
		    see_differs),
		REFUSED("a hash of 31", EVERY_FORM, sees_31, SEEN,
		    PRIOR_MALFORMED,
		    "proximity-registrar-pubk-sha256 of 31 octets",
		    "RFC 8995 5.5.5"),
		REFUSED("an empty hash", EVERY_FORM, sees_nothing, SEEN,
		    PRIOR_MALFORMED, "of 0 octets", NULL),
		REFUSED("an empty certificate", EVERY_FORM, sees_empty, SEEN,
		    PRIOR_MALFORMED, "certificate-malformed: ", NULL),
		REFUSED("no certificate", EVERY_FORM, sees_no_certificate, SEEN,
		    PRIOR_MALFORMED, "certificate-malformed: ", NULL),
		SEEN("an agent without data", EVERY_FORM, no_agent_data,
		    see_proven),
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* --- row 16 --- */

static void
nonce_other(void)
{
	leaf_text(&w.registrar, "nonce", OTHER_NONCE);
}

static void
nonce_longer(void)
{
	leaf_text(&w.pledge, "nonce", "AAECAwQFBgcICQoLDA0ODxAR");
}

static void
nonce_pledge_none(void)
{
	leaf_drop(&w.pledge, "nonce");
}

static void
nonce_registrar_none(void)
{
	leaf_drop(&w.registrar, "nonce");
}

static void
nonce_none(void)
{
	nonce_pledge_none();
	nonce_registrar_none();
}

/* Octets in one form, their base64 in the other. */
static void
nonce_mixed(void)
{
	if (w.format == FORMAT_COSE_CBOR)
		other_form(FORMAT_JWS_JSON);
	else
		other_form(FORMAT_COSE_CBOR);
}

static void
see_nonceless(void)
{
	assert_string_equal(w.facts.nonce, "");
}

static void
see_nonce(void)
{
	assert_string_equal(w.facts.nonce, NONCE);
}

static void
row_16(void **state)
{
	static const struct row rows[] = {
		SEEN("alike", EVERY_FORM, NULL, see_nonce),
		SEEN("alike in two forms", EVERY_FORM, nonce_mixed, see_nonce),
		REFUSED("another", EVERY_FORM, nonce_other, NONCE,
		    NONCE_MISMATCH, "the two nonces differ", "RFC 8995 5.5.6"),
		REFUSED("the pledge's is longer", EVERY_FORM, nonce_longer,
		    NONCE, NONCE_MISMATCH, "the two nonces differ", NULL),
		REFUSED("none of the pledge's", EVERY_FORM, nonce_pledge_none,
		    NONCE, NONCE_MISMATCH, "the pledge sent no nonce",
		    "RFC 8995 5.5.6"),
		/* Row 11 is the authority's. */
		SEEN("the pledge's alone", EVERY_FORM, nonce_registrar_none,
		    see_nonceless),
		SEEN("none", EVERY_FORM, nonce_none, see_nonceless),
	};

	(void)state;
	ROWS_CHECK(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_15),
		cmocka_unit_test(row_16),
	};

	return cmocka_run_group_tests(tests, NULL, world_end);
}
