/* voucher_judge(): one case for each way in which a voucher can be wrong, and
 * the published example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "crypto/keys/private_key.h"
#include "registrar/voucher_judge.h"
#include "x509/render.h"

#define NOW 1800000000
#define DAY 86400

struct party {
	struct private_key *key;
	uint8_t der[2048];
	struct certificate c;
};

static struct {
	struct party root, signer, device, domain, registrar, stranger;
	uint8_t issuer[26]; /* idevid-issuer of the device, form A */
	uint8_t bytes[8192], arena[JUDGE_ARENA(8192)];
	struct voucher voucher;	  /* what the next one says */
	struct judge_facts facts; /* what the pledge knows */
	struct judgement j;
	struct why why;
} w;

static void
party_make_with(struct party *p, enum certificate_profile profile,
    const struct party *issuer, const char *name, struct span policy,
    struct span product, bool marks)
{
	struct certificate_plan plan = { .profile = profile,
		.product_policy = product,
		.policy_marks = marks,
		.common_name = name,
		.device_serial = profile == PROFILE_IDEVID ? "AR9-1" : NULL,
		.policy = policy,
		.not_before = NOW - DAY,
		.not_after = NOW + DAY };
	uint8_t tbs[2048], signature[SIGNATURE_SIZE_MAX];
	size_t tbs_len, signature_len, len;

	p->key = private_key_generate(KEY_P256);
	if (issuer == NULL)
		issuer = p;
	else {
		plan.issuer_name = issuer->c.subject;
		plan.issuer_key_id = issuer->c.subject_key_id;
	}
	certificate_serial_draw(plan.serial);
	plan.spki = private_key_spki(p->key);
	plan.signature_algorithm = private_key_algorithm(issuer->key);
	assert_true(certificate_render(&plan, tbs, sizeof(tbs), &tbs_len));
	private_key_sign(
	    issuer->key, span_of(tbs, tbs_len), signature, &signature_len);
	assert_true(certificate_assemble(span_of(tbs, tbs_len),
	    plan.signature_algorithm, span_of(signature, signature_len), p->der,
	    sizeof(p->der), &len));
	assert_int_equal(
	    certificate_read(span_of(p->der, len), &p->c, NULL), REASON_OK);
}

static void
party_make_for(struct party *p, enum certificate_profile profile,
    const struct party *issuer, const char *name, struct span policy)
{
	party_make_with(
	    p, profile, issuer, name, policy, span_of(NULL, 0), false);
}

static void
party_make(struct party *p, enum certificate_profile profile,
    const struct party *issuer, const char *name)
{
	party_make_for(p, profile, issuer, name, span_of(NULL, 0));
}

static int
world_make(void **state)
{
	(void)state;
	party_make(&w.root, PROFILE_ROOT, NULL, "root");
	party_make(&w.signer, PROFILE_VOUCHER_SIGNER, &w.root, "signer");
	party_make(&w.device, PROFILE_IDEVID, &w.root, "device");
	party_make(&w.domain, PROFILE_DOMAIN_CA, NULL, "domain");
	party_make(&w.registrar, PROFILE_REGISTRAR, &w.domain, "registrar");
	party_make(&w.stranger, PROFILE_ROOT, NULL, "stranger");
	memcpy(w.issuer, "\x04\x18\x30\x16\x80\x14", 6);
	memcpy(w.issuer + 6, w.root.c.subject_key_id.ptr, 20);
	return 0;
}

/* A good voucher and a pledge that knows everything, before each test. */
static int
world_reset(void **state)
{
	(void)state;
	w.voucher = (struct voucher){ .created_on = NOW - 10,
		.assertion = ASSERTION_PROXIMITY,
		.serial = "AR9-1",
		.nonce = "0123456789abcdef",
		.idevid_issuer = span_of(w.issuer, sizeof(w.issuer)),
		.pinned_domain_cert = w.domain.c.der };
	w.facts = (struct judge_facts){ .anchor = w.root.c.spki,
		.now = NOW,
		.serial = "AR9-1",
		.nonce = "0123456789abcdef",
		.idevid = &w.device.c,
		.registrar = &w.registrar.c,
		.registrar_len = 1 };
	why_clear(&w.why);
	return 0;
}

static int
world_free(void **state)
{
	(void)state;
	private_key_free(w.root.key);
	private_key_free(w.signer.key);
	private_key_free(w.device.key);
	private_key_free(w.domain.key);
	private_key_free(w.registrar.key);
	private_key_free(w.stranger.key);
	return 0;
}

static void
sign(const struct party *by, const struct certificate *above)
{
	struct cms_plan plan = { .content_type = CMS_ANIMA_JSON,
		.signing_time = NOW,
		.digest = HASH_SHA256,
		.signature_algorithm = private_key_algorithm(by->key),
		.certificates_len = above == NULL ? 1 : 2,
		.certificates = { by->c.der } };
	uint8_t attributes[512], signature[SIGNATURE_SIZE_MAX];
	size_t attributes_len, signature_len, len;
	char json[4096];

	assert_true(voucher_to_json(&w.voucher, json, sizeof(json), &len));
	plan.content = span_of(json, len);
	if (above != NULL)
		plan.certificates[1] = above->der;
	assert_true(cms_attributes_render(
	    &plan, attributes, sizeof(attributes), &attributes_len));
	private_key_sign(by->key, span_of(attributes, attributes_len),
	    signature, &signature_len);
	assert_true(cms_assemble(&plan, span_of(attributes, attributes_len),
	    span_of(signature, signature_len), w.bytes, sizeof(w.bytes), &len));
	w.facts.voucher = span_of(w.bytes, len);
}

static enum reason
judge(void)
{
	return voucher_judge(&w.facts, w.arena, &w.j, &w.why);
}

static void
obeys_a_good_one(void **state)
{
	(void)state;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.chained && w.j.serial_checked && w.j.nonce_checked &&
	    w.j.issuer_checked && w.j.pin_checked && !w.j.nonceless);
	/* The anchor need not come along, and what is not known is not
	 * compared. */
	sign(&w.signer, NULL);
	w.facts.serial = w.facts.nonce = NULL;
	w.facts.idevid = NULL;
	w.facts.registrar_len = 0;
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.chained && !w.j.serial_checked && !w.j.nonce_checked &&
	    !w.j.issuer_checked && !w.j.pin_checked);
	/* No-PKI layout: the signer is the anchor. */
	w.facts.anchor = w.signer.c.spki;
	assert_int_equal(judge(), REASON_OK);
	/* The key is all, whatever the certificate around it is for (IP 3). */
	sign(&w.root, NULL);
	w.facts.anchor = w.root.c.spki;
	assert_int_equal(judge(), REASON_OK);
}

static void
refuses_a_wrong_signature(void **state)
{
	(void)state;
	sign(&w.signer, &w.root.c);
	w.bytes[w.facts.voucher.len - 1] ^= 1;
	assert_int_equal(judge(), REASON_VOUCHER_SIGNATURE);
}

static void
refuses_another_anchor(void **state)
{
	(void)state;
	sign(&w.signer, &w.root.c);
	w.facts.anchor = w.stranger.c.spki;
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
	/* The right root beside a signer that it never certified. */
	w.facts.anchor = w.root.c.spki;
	sign(&w.registrar, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
	/* An end entity in the place of a CA. */
	private_key_free(w.stranger.key);
	party_make(&w.stranger, PROFILE_VOUCHER_SIGNER, &w.signer, "below");
	sign(&w.stranger, &w.signer.c);
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
	/* A device's key, whose certificate names no usage at all. */
	private_key_free(w.stranger.key);
	party_make(&w.stranger, PROFILE_VOUCHER_SIGNER, &w.device, "below");
	sign(&w.stranger, &w.device.c);
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
}

static void
refuses_a_signer_that_is_not_valid(void **state)
{
	(void)state;
	/* A fresh one is judged by the clock of today ... */
	sign(&w.signer, &w.root.c);
	w.facts.now = NOW + 2 * DAY;
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
	/* ... one on stock by the day it was made. */
	w.voucher.nonce[0] = '\0';
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.nonceless);
	w.voucher.created_on = NOW - 2 * DAY;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
}

static void
refuses_no_voucher(void **state)
{
	(void)state;
	w.voucher.pinned_domain_cert = span_of("\x30\x00", 2);
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_MALFORMED);
	w.facts.voucher.len--;
	assert_int_equal(judge(), REASON_CMS_MALFORMED);
}

static void
refuses_another_serial(void **state)
{
	(void)state;
	w.facts.serial = "AR9-2";
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_SERIAL);
}

static void
refuses_another_nonce(void **state)
{
	(void)state;
	sign(&w.signer, &w.root.c);
	w.facts.nonce = "0123456789abcdeF";
	assert_int_equal(judge(), REASON_VOUCHER_NONCE);
	w.facts.nonce = ""; /* a nonceless request */
	assert_int_equal(judge(), REASON_VOUCHER_NONCE);
}

static void
refuses_an_expired_one(void **state)
{
	(void)state;
	w.voucher.nonce[0] = '\0';
	w.voucher.expires_on = NOW;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	w.facts.now = NOW + 1;
	assert_int_equal(judge(), REASON_VOUCHER_EXPIRED);
}

static void
refuses_another_issuer(void **state)
{
	(void)state;
	w.voucher.idevid_issuer = w.root.c.subject; /* form D */
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	w.voucher.idevid_issuer = w.domain.c.subject;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_ISSUER);
	w.voucher.idevid_issuer = span_of("\x30", 1);
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_ISSUER);
}

static void
refuses_another_registrar(void **state)
{
	(void)state;
	w.voucher.pinned_domain_cert = w.registrar.c.der;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	w.facts.registrar = &w.stranger.c;
	assert_int_equal(judge(), REASON_VOUCHER_PIN);
	w.voucher.pinned_domain_cert = w.domain.c.der;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_PIN);
}

/* A published file; those in hexadecimal are folded. */
static struct span
vector(const char *name, uint8_t *room, size_t cap)
{
	char path[500];
	size_t len, i, n = 0;
	FILE *f;

	snprintf(path, sizeof(path), VECTORS "/%s", name);
	assert_non_null(f = fopen(path, "rb"));
	len = fread(room, 1, cap, f);
	fclose(f);
	if (strstr(name, ".hex") == NULL)
		return span_of(room, len);
	for (i = 0; i < len; i++)
		if (text_hex_digit(room[i]) >= 0)
			room[n++] = room[i];
	assert_true(hex_decode(room, cap, &len, span_of(room, n)));
	return span_of(room, len);
}

/* The example's voucher signer is its own file's certificate: the anchor is its
 * key. */
static void
obeys_appendix_c(void **state)
{
	static uint8_t room[8192];

	(void)state;
	w.facts = (struct judge_facts){ .now = 1618400000,
		.voucher = vector(
		    "rfc8995-appendix-c/voucher.der", room, sizeof(room)),
		.serial = "00-D0-E5-F2-00-02",
		.nonce = "-_XE9zK9q8Ll1qylMtLKeg" };
	assert_int_equal(
	    voucher_examine(&w.facts, w.arena, &w.j, &w.why), REASON_OK);
	w.facts.anchor = w.j.signer->spki;
	assert_int_equal(judge(), REASON_OK);
	assert_int_equal(w.j.voucher.assertion, ASSERTION_LOGGED);
}

/* A registrar has stripped the certificates: only the anchor's own key can have
 * signed it (MP 10.1). One that brings its certificate is judged by that. */
static void
obeys_published_cose(void **state)
{
	static uint8_t room[8192], key[1024], bag[10240];
	struct certificate anchor, other;
	struct span stripped;
	size_t bag_len;

	(void)state;
	assert_int_equal(certificate_read(vector("cbrski-cose/masa_ca.der", key,
					      sizeof(key)),
			     &anchor, NULL),
	    REASON_OK);
	w.facts = (struct judge_facts){ .now = 1700000000,
		.anchor = anchor.spki,
		.voucher =
		    vector("cbrski-cose/voucher.hex", room, sizeof(room)),
		.serial = "JADA123456789",
		.nonce = "V+7Xhq1ASQc=" };
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.chained && w.j.signer == NULL && w.j.nonce_checked);
	/* Others were put in (MP 10.1). */
	assert_memory_equal(room, "\xd2\x84\x43\xa1\x01\x26\xa0", 7);
	memcpy(bag, room, 6);
	bag_len = 6 +
	    (size_t)snprintf((char *)bag + 6, 7, "\xa1\x18\x20\x59%c%c",
		(int)(w.domain.c.der.len >> 8),
		(int)(w.domain.c.der.len & 0xff));
	memcpy(bag + bag_len, w.domain.c.der.ptr, w.domain.c.der.len);
	bag_len += w.domain.c.der.len;
	memcpy(bag + bag_len, room + 7, w.facts.voucher.len - 7);
	stripped = w.facts.voucher;
	w.facts.voucher = span_of(bag, bag_len + stripped.len - 7);
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.chained && w.j.signer == NULL);
	w.facts.voucher = stripped;
	w.facts.nonce = "I7+7ycK88hM=";
	assert_int_equal(judge(), REASON_VOUCHER_NONCE);
	w.facts.nonce = NULL;
	room[w.facts.voucher.len - 1] ^= 1;
	assert_int_equal(judge(), REASON_VOUCHER_SIGNATURE);
	assert_int_equal(
	    voucher_examine(&w.facts, w.arena, &w.j, &w.why), REASON_OK);
	assert_true(w.j.signer == NULL && !w.j.chained);
	w.facts.voucher =
	    vector("cbrski-cose/voucher-with-x5bag.hex", room, sizeof(room));
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.signer != NULL && w.j.chained);
	other = w.stranger.c;
	w.facts.anchor = other.spki;
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
}

/* The anchor's own key, but no alg says how it signed (MP 10.1). */
static void
refuses_cose_without_alg(void **state)
{
	static const uint8_t covered[] = "\x84\x6aSignature1\x40\x40\x41\xa0";
	static const uint8_t head[] = "\xd2\x84\x40\xa0\x41\xa0\x58\x40";
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len;

	(void)state;
	private_key_sign(
	    w.root.key, span_of(covered, sizeof(covered) - 1), signature, &len);
	memcpy(w.bytes, head, sizeof(head) - 1);
	assert_true(signature_to_fixed(
	    span_of(signature, len), 32, w.bytes + sizeof(head) - 1));
	w.facts.voucher = span_of(w.bytes, sizeof(head) - 1 + 64);
	assert_int_equal(judge(), REASON_VOUCHER_SIGNATURE);
	assert_non_null(strstr(w.why.text, "algorithm"));
}

/* Its signer's CA does not come along, but the anchor is known. */
static void
obeys_published_jws(void **state)
{
	static uint8_t room[8192];

	(void)state;
	w.facts = (struct judge_facts){ .now = 1735000000,
		.voucher =
		    vector("jws-voucher/voucher.vjj", room, sizeof(room)) };
	assert_int_equal(
	    voucher_examine(&w.facts, w.arena, &w.j, &w.why), REASON_OK);
	assert_string_equal(w.j.voucher.serial, "kit-987654321");
	w.facts.anchor = w.j.signer->spki;
	assert_int_equal(judge(), REASON_OK);
	w.facts.anchor = w.root.c.spki;
	assert_int_equal(judge(), REASON_VOUCHER_ANCHOR);
}

/* A raw key as the pin is the registrar's own, not one above it (MP 11). */
static void
pinned_keys(void **state)
{
	uint8_t hash[HASH_SIZE];

	(void)state;
	w.voucher.pinned_domain_cert = span_of(NULL, 0);
	w.voucher.pinned_domain_pubk = w.registrar.c.spki;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	assert_true(w.j.pin_checked);
	w.voucher.pinned_domain_pubk = w.domain.c.spki;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_PIN);
	w.voucher.pinned_domain_pubk = span_of(NULL, 0);
	sha256(w.registrar.c.spki, hash);
	w.voucher.pinned_domain_pubk_sha256 = span_of(hash, HASH_SIZE);
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_OK);
	hash[0] ^= 1;
	sign(&w.signer, &w.root.c);
	assert_int_equal(judge(), REASON_VOUCHER_PIN);
}

/* The table of IP 6, with a root that certifies IDevID CAs as well: who can sign a
 * voucher that a pledge without the policy obeys, and one with it refuses. */
static void
the_policy_for_vouchers(void **state)
{
	static const uint8_t vouchers_oid[] = { 0x2b, 6, 1, 4, 1, 1, 1 };
	static const uint8_t others_oid[] = { 0x2b, 6, 1, 4, 1, 1, 2 };
	static const uint8_t any_oid[] = { 0x55, 0x1d, 0x20, 0 };
	const struct span vouchers = span_of(vouchers_oid, 7);
	const struct span others = span_of(others_oid, 7);
	const struct span any = span_of(any_oid, 4);
	static struct party voucher_ca, good, direct, other_product, idevid_ca,
	    idevid, by_idevid_ca, lone, any_ca, by_any_ca, self_issued, by_self;
	struct party *const all[] = { &voucher_ca, &good, &direct,
		&other_product, &idevid_ca, &idevid, &by_idevid_ca, &lone,
		&any_ca, &by_any_ca, &self_issued, &by_self };
	const struct {
		const char *what;
		const struct party *signer, *above;
		enum reason without, with;
	} rows[] = {
		{ "below a voucher CA", &good, &voucher_ca, REASON_OK,
		    REASON_OK },
		{ "below the root", &direct, NULL, REASON_OK, REASON_OK },
		{ "no policy", &w.signer, NULL, REASON_OK,
		    REASON_VOUCHER_POLICY },
		{ "an IDevID", &idevid, &idevid_ca, REASON_OK,
		    REASON_VOUCHER_POLICY },
		{ "by an IDevID CA, with the policy", &by_idevid_ca, &idevid_ca,
		    REASON_OK, REASON_VOUCHER_POLICY },
		{ "an IDevID CA", &idevid_ca, NULL, REASON_VOUCHER_ANCHOR,
		    REASON_VOUCHER_ANCHOR },
		{ "self-signed, with the policy", &lone, NULL,
		    REASON_VOUCHER_ANCHOR, REASON_VOUCHER_ANCHOR },
		{ "another product's", &other_product, NULL, REASON_OK,
		    REASON_VOUCHER_POLICY },
		{ "anyPolicy in a CA", &by_any_ca, &any_ca, REASON_OK,
		    REASON_VOUCHER_POLICY },
		{ "a self-issued CA", &by_self, &self_issued, REASON_OK,
		    REASON_VOUCHER_POLICY },
	};
	size_t i;

	(void)state;
	party_make_for(
	    &voucher_ca, PROFILE_IDEVID_CA, &w.root, "voucher CA", vouchers);
	party_make_for(
	    &good, PROFILE_VOUCHER_SIGNER, &voucher_ca, "signer", vouchers);
	party_make_for(
	    &direct, PROFILE_VOUCHER_SIGNER, &w.root, "signer", vouchers);
	party_make_for(
	    &other_product, PROFILE_VOUCHER_SIGNER, &w.root, "signer", others);
	party_make_for(
	    &idevid_ca, PROFILE_IDEVID_CA, &w.root, "IDevID CA", others);
	party_make(&idevid, PROFILE_IDEVID, &idevid_ca, "signer");
	party_make_for(&by_idevid_ca, PROFILE_VOUCHER_SIGNER, &idevid_ca,
	    "signer", vouchers);
	party_make_for(&lone, PROFILE_VOUCHER_SIGNER, NULL, "signer", vouchers);
	party_make_for(&any_ca, PROFILE_IDEVID_CA, &w.root, "any CA", any);
	party_make_for(
	    &by_any_ca, PROFILE_VOUCHER_SIGNER, &any_ca, "signer", vouchers);
	party_make_for(
	    &self_issued, PROFILE_IDEVID_CA, &w.root, "root", vouchers);
	party_make_for(
	    &by_self, PROFILE_VOUCHER_SIGNER, &self_issued, "signer", vouchers);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sign(rows[i].signer,
		    rows[i].above == NULL ? NULL : &rows[i].above->c);
		w.facts.policies_len = 0;
		if (judge() != rows[i].without || w.j.policy_checked)
			fail_msg("%s: %s", rows[i].what, w.why.text);
		w.facts.policies[0] = vouchers;
		w.facts.policies_len = 1;
		if (judge() != rows[i].with)
			fail_msg("%s: %s", rows[i].what, w.why.text);
		assert_true(w.j.policy_checked == (rows[i].with == REASON_OK));
	}
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		private_key_free(all[i]->key);
}

#define CASE(f) cmocka_unit_test_setup(f, world_reset)

/* A root that serves two products (IP 6): a pledge requires both policies, in each
 * certificate, and in the form that it knows. */
static void
the_policy_of_a_product(void **state)
{
	static const uint8_t vouchers_oid[] = { 0x2b, 6, 1, 4, 1, 1, 1 };
	static const uint8_t own_oid[] = { 0x2b, 6, 1, 4, 1, 1, 1, 7 };
	static const uint8_t other_oid[] = { 0x2b, 6, 1, 4, 1, 1, 1, 8 };
	const struct span vouchers = span_of(vouchers_oid, 7), none = { 0 };
	const struct span own = span_of(own_oid, 8),
			  other = span_of(other_oid, 8);
	const struct {
		const char *what;
		struct span first, second, above;
		bool marks;
		enum reason by_policy, by_mark;
	} rows[] = {
		{ "both", vouchers, own, none, false, REASON_OK,
		    REASON_VOUCHER_POLICY },
		{ "both, as extensions", vouchers, own, none, true,
		    REASON_VOUCHER_POLICY, REASON_OK },
		{ "that for vouchers alone", vouchers, none, none, false,
		    REASON_VOUCHER_POLICY, REASON_VOUCHER_POLICY },
		{ "that of the product alone", own, none, none, false,
		    REASON_VOUCHER_POLICY, REASON_VOUCHER_POLICY },
		{ "another product's", vouchers, other, none, false,
		    REASON_VOUCHER_POLICY, REASON_VOUCHER_POLICY },
		{ "another product's, as extensions", vouchers, other, none,
		    true, REASON_VOUCHER_POLICY, REASON_VOUCHER_POLICY },
		{ "below a CA with one", vouchers, own, vouchers, false,
		    REASON_VOUCHER_POLICY, REASON_VOUCHER_POLICY },
	};
	static struct party signer, above;
	size_t i;

	(void)state;
	w.facts.policies[0] = vouchers;
	w.facts.policies[1] = own;
	w.facts.policies_len = 2;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ca = rows[i].above.len > 0;

		if (ca)
			party_make_for(&above, PROFILE_IDEVID_CA, &w.root, "CA",
			    rows[i].above);
		party_make_with(&signer, PROFILE_VOUCHER_SIGNER,
		    ca ? &above : &w.root, "signer", rows[i].first,
		    rows[i].second, rows[i].marks);
		sign(&signer, ca ? &above.c : NULL);
		w.facts.policy_marks = false;
		if (judge() != rows[i].by_policy)
			fail_msg("%s: %s", rows[i].what, w.why.text);
		w.facts.policy_marks = true;
		if (judge() != rows[i].by_mark)
			fail_msg("%s: %s", rows[i].what, w.why.text);
		private_key_free(signer.key);
		if (ca)
			private_key_free(above.key);
	}
	w.facts.policy_marks = false;
	w.facts.policies_len = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(obeys_a_good_one),
		CASE(refuses_a_wrong_signature),
		CASE(refuses_another_anchor),
		CASE(refuses_a_signer_that_is_not_valid),
		CASE(refuses_no_voucher),
		CASE(refuses_another_serial),
		CASE(refuses_another_nonce),
		CASE(refuses_an_expired_one),
		CASE(refuses_another_issuer),
		CASE(refuses_another_registrar),
		CASE(obeys_appendix_c),
		CASE(obeys_published_cose),
		CASE(refuses_cose_without_alg),
		CASE(obeys_published_jws),
		CASE(pinned_keys),
		CASE(the_policy_for_vouchers),
		CASE(the_policy_of_a_product),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
