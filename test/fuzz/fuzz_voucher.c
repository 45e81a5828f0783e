/*
 * Vouchers as a pledge judges them, with the published example's anchor built
 * in. What is obeyed is for this device, in its dates, and verifies with
 * OpenSSL against that very anchor.
 *
 * Behind 'D' and two octets, which say what the pledge demands, the voucher has its
 * length in two octets; behind it, DER, stands what the pledge knows: the anchor's key,
 * its IDevID, the registrar's chain. What is obeyed then is what was demanded, and
 * obeyed by a pledge that demands less.
 */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "envelope/pem.h"
#include "foreign.h"
#include "forget.h"
#include "fuzz.h"
#include "registrar/voucher_judge.h"
#include "right.h"
#include "wire/der.h"

/* The day of the example. */
#define NOW INT64_C(1618350204)

#define EASY	  1 /* signatures_easy */
#define RIGHT	  2 /* the messageDigest of CMS is put right */
#define SERIAL	  4
#define NONCE	  8
#define IDEVID	  16
#define REGISTRAR 32
#define REQUESTS \
	64 /* `voucher verify` takes them as well, and demands little */
#define OLD 128

/* The pledges of test/unit/registrar/test_judge.c, three of them published. */
static const struct {
	int64_t now;
	const char *serial, *nonce;
} pledges[4] = {
	{ INT64_C(1800000000), "AR9-1", "0123456789abcdef" },
	{ INT64_C(1618400000), "00-D0-E5-F2-00-02", "-_XE9zK9q8Ll1qylMtLKeg" },
	{ INT64_C(1700000000), "JADA123456789", "V+7Xhq1ASQc=" },
	{ INT64_C(1735000000), "kit-987654321", "" },
};

/* That for vouchers, and that of the product, as there. */
static const uint8_t policies[2][8] = { { 0x2b, 6, 1, 4, 1, 1, 1 },
	{ 0x2b, 6, 1, 4, 1, 1, 1, 7 } };

/* What was obeyed. */
enum {
	A_FORMAT,
	A_POLICY = A_FORMAT + FORMAT_COSE_CBOR + 1,
	A_MARK,
	A_SERIAL,
	A_NONCE,
	AN_ISSUER,
	A_PIN,
	A_PINNED_KEY,
	A_REQUEST,
	AN_ANCHOR_ALONE,
	MET
};
static bool met[MET];

const char *
corpus_lacks(void)
{
	static const char *const names[MET] = { NULL, "CMS", "JWS", "COSE",
		"a policy", "a private extension", "a serial", "a nonce",
		"an issuer", "a pinned certificate", "a pinned key",
		"a request", "a voucher without a signer's certificate" };

	return first_unmet(met, names, MET);
}

static struct {
	bool made;
	uint8_t der[2048];
	struct certificate certificate;
} anchor;

static void
anchor_make(void)
{
	struct buf text;
	size_t len;

	if (anchor.made)
		return;
	require(file_read(VECTORS "/rfc8995-appendix-c/masa.crt", &text, 4096,
		    NULL) == REASON_OK);
	require(pem_or_der(buf_span(&text), "CERTIFICATE", anchor.der,
	    sizeof(anchor.der), &len));
	require(certificate_read(span_of(anchor.der, len), &anchor.certificate,
		    NULL) == REASON_OK);
	buf_free(&text);
	anchor.made = true;
}

/* Who demands less, but for the nonce, which says what time dates are held to. */
static void
obeyed_by_others(struct judge_facts f, uint8_t *arena)
{
	static struct judgement j;

	if (!oracle_begin())
		return;
	f.policies_len = f.registrar_len = 0;
	f.serial = NULL;
	f.idevid = NULL;
	require(voucher_judge(&f, arena, &j, NULL) == REASON_OK);
	oracle_end();
}

static void
meet(const struct judge_facts *f, const struct judgement *j)
{
	met[A_FORMAT + j->envelope.format] = true;
	met[A_POLICY] |= j->policy_checked && !f->policy_marks;
	met[A_MARK] |= j->policy_checked && f->policy_marks;
	met[A_SERIAL] |= j->serial_checked;
	met[A_NONCE] |= j->nonce_checked && !j->nonceless;
	met[AN_ISSUER] |= j->issuer_checked;
	met[A_PIN] |= j->pin_checked && j->pinned.der.ptr != NULL;
	met[A_PINNED_KEY] |= j->pin_checked && j->pinned.der.ptr == NULL;
	met[A_REQUEST] |= j->is_request;
	met[AN_ANCHOR_ALONE] |= j->signer == NULL;
}

static void
is_as_demanded(const struct judge_facts *f, const struct judgement *j)
{
	require(j->chained);
	require(j->policy_checked == (f->policies_len > 0));
	require(j->is_request ? f->requests : j->voucher.serial[0] != '\0');
	require((j->pinned.der.ptr != NULL) ==
	    (j->voucher.pinned_domain_cert.ptr != NULL));
	require(j->voucher.expires_on == 0 || j->voucher.expires_on >= f->now);
	require(j->serial_checked == (f->serial != NULL));
	require(f->serial == NULL || strcmp(f->serial, j->voucher.serial) == 0);
	require(j->nonce_checked == (f->nonce != NULL));
	require(f->nonce == NULL || j->nonceless ||
	    strcmp(f->nonce, j->voucher.nonce) == 0);
	require(j->issuer_checked ==
	    (f->idevid != NULL && j->voucher.idevid_issuer.ptr != NULL));
	require(j->pin_checked == (f->registrar_len > 0));
}

static uint64_t
judge(const struct judge_facts *facts)
{
	static struct judgement j;
	uint8_t *arena = malloc(JUDGE_ARENA(facts->voucher.len) + 1);
	uint64_t digest = 0;
	struct why why;

	require(arena != NULL);
	if (voucher_examine(facts, arena, &j, &why) == REASON_OK) {
		require(j.is_request || j.voucher.serial[0] != '\0');
		require(
		    j.signer != NULL || j.envelope.format == FORMAT_COSE_CBOR);
		require((j.signer != NULL) == (j.chain_len >= 1));
		require(j.chain_len <= CHAIN_MAX);
	}
	if (voucher_judge(facts, arena, &j, &why) == REASON_OK) {
		is_as_demanded(facts, &j);
		meet(facts, &j);
		digest = digest_add(ACCEPTED, j.voucher.serial, SERIAL_MAX);
		digest = digest_add(digest, j.pinned.der.ptr, j.pinned.der.len);
		digest = digest_add(digest, &j.chain_len, sizeof(j.chain_len));
		if (!signatures_easy && j.envelope.format == FORMAT_CMS_JSON &&
		    oracle_begin()) {
			(void)openssl_verifies_cms(facts->voucher,
			    j.signer->der, j.envelope.cms.attributed);
			oracle_end();
		}
		obeyed_by_others(*facts, arena);
	}
	free(arena);
	return digest;
}

/* The next certificate of what the pledge knows. */
static bool
known_read(struct der *d, struct certificate *c)
{
	struct span whole;

	return der_whole(d, DER_SEQUENCE, &whole, NULL) == WIRE_OK &&
	    certificate_read(whole, c, NULL) == REASON_OK;
}

static void
demands_make(
    const uint8_t switches[2], struct span known, struct judge_facts *f)
{
	static struct certificate idevid, registrar[CHAIN_MAX];
	bool little = (switches[0] & REQUESTS) != 0;
	unsigned i, which = switches[1] & 3;
	struct der d;

	der_open(&d, known);
	if (der_whole(&d, DER_SEQUENCE, &f->anchor, NULL) != WIRE_OK)
		f->anchor = anchor.certificate.spki;
	f->now = pledges[which].now;
	f->requests = little;
	f->est_domain_2466 = (switches[0] & OLD) != 0;
	f->policy_marks = (switches[1] & 16) != 0;
	f->policies_len = switches[1] >> 2 & 3;
	if (f->policies_len > JUDGE_POLICIES_MAX)
		f->policies_len = JUDGE_POLICIES_MAX;
	for (i = 0; i < f->policies_len; i++)
		f->policies[i] = span_of(policies[i], 7 + i);
	if (little)
		return;
	if ((switches[0] & SERIAL) != 0)
		f->serial = pledges[which].serial;
	if ((switches[0] & NONCE) != 0)
		f->nonce = pledges[which].nonce;
	if ((switches[0] & IDEVID) != 0 && known_read(&d, &idevid))
		f->idevid = &idevid;
	f->registrar = registrar;
	while ((switches[0] & REGISTRAR) != 0 && f->registrar_len < CHAIN_MAX &&
	    known_read(&d, &registrar[f->registrar_len]))
		f->registrar_len++;
}

/* What stands behind 'D'. The voucher gets memory of its own size. */
static uint64_t
demanding_judge(struct span bytes)
{
	struct judge_facts facts = { 0 };
	uint64_t digest;
	uint8_t *voucher;
	size_t n;

	if (bytes.len < 4)
		return 0;
	n = (size_t)bytes.ptr[2] << 8 | bytes.ptr[3];
	n = n > bytes.len - 4 ? bytes.len - 4 : n;
	voucher = malloc(n + (n == 0));
	require(voucher != NULL);
	memcpy(voucher, bytes.ptr + 4, n);
	facts.voucher = span_of(voucher, n);
	demands_make(
	    bytes.ptr, span_of(bytes.ptr + 4 + n, bytes.len - 4 - n), &facts);
	if ((bytes.ptr[0] & RIGHT) != 0)
		digest_put_right(voucher, n);
	signatures_easy = (bytes.ptr[0] & EASY) != 0;
	digest = judge(&facts);
	free(voucher);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct judge_facts facts = { .voucher = span_of(bytes, len),
		.now = NOW };

	if (oracle_begin()) {
		anchor_make();
		oracle_end();
	}
	if (len > 0 && bytes[0] == 'D')
		return demanding_judge(span_of(bytes + 1, len - 1));
	facts.anchor = anchor.certificate.spki;
	return judge(&facts);
}

uint64_t
input_decode(const uint8_t *bytes, size_t len)
{
	static struct judgement j;
	struct judge_facts facts = { .voucher = span_of(bytes, len),
		.now = NOW };
	uint8_t *arena = malloc(JUDGE_ARENA(len) + 1);
	struct why why;
	enum reason r;

	require(arena != NULL);
	r = voucher_judge(&facts, arena, &j, &why);
	free(arena);
	return r == REASON_OK;
}
