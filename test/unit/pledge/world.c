/* See world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "envelope/cms.h"
#include "envelope/object_render.h"
#include "world.h"

struct world w;

static uint8_t policy[16], policy_n[16], room[65536];

void
world_certificate(struct foreign *f, const struct foreign *issuer,
    const char *name, bool ca, const char *policies)
{
	struct recipe r = { .common_name = name,
		.issuer = issuer,
		.extensions = {
		    { "basicConstraints", ca ? BASIC_CA : "CA:FALSE" },
		    { "keyUsage", ca ? USAGE_CA : USAGE_EE },
		    { "subjectKeyIdentifier", "hash" },
		    { policies != NULL ? "certificatePolicies" : NULL,
			policies } } };

	if (issuer != NULL && issuer->c.subject_key_id.ptr != NULL) {
		r.extensions[4].name = "authorityKeyIdentifier";
		r.extensions[4].value = "keyid";
	}
	foreign_make(f, &r);
}

int
world_make(void **state)
{
	const struct recipe device = { .serial_number = SERIAL,
		.issuer = &w.idevid_ca,
		.extensions = { { "authorityKeyIdentifier", "keyid" } } };
	size_t len;

	(void)state;
	assert_true(text_oid(span_str(POLICY), policy, sizeof(policy), &len));
	w.policy = span_of(policy, len);
	assert_true(
	    text_oid(span_str(POLICY_N), policy_n, sizeof(policy_n), &len));
	w.policy_n = span_of(policy_n, len);
	world_certificate(&w.root, NULL, "root", true, NULL);
	world_certificate(&w.voucher_ca, &w.root, "vouchers", true, POLICY);
	world_certificate(&w.signer, &w.voucher_ca, "signer", false, POLICY);
	world_certificate(&w.direct, &w.root, "direct", false, POLICY);
	world_certificate(&w.idevid_ca, &w.root, "devices", true, NULL);
	foreign_make(&w.device, &device);
	world_certificate(&w.domain, NULL, "domain", true, NULL);
	world_certificate(&w.registrar, &w.domain, "registrar", false, NULL);
	world_certificate(&w.stranger, NULL, "stranger", true, POLICY);
	return 0;
}

int
world_free(void **state)
{
	(void)state;
	foreign_free(&w.root);
	foreign_free(&w.voucher_ca);
	foreign_free(&w.signer);
	foreign_free(&w.direct);
	foreign_free(&w.idevid_ca);
	foreign_free(&w.device);
	foreign_free(&w.domain);
	foreign_free(&w.registrar);
	foreign_free(&w.stranger);
	return 0;
}

void
world_chain(const struct foreign *signer, const struct foreign *above,
    const struct foreign *top)
{
	w.chain[0] = signer;
	w.chain[1] = above;
	w.chain[2] = top;
	w.chain_len = 1u + (above != NULL) + (top != NULL);
	w.by = signer;
}

int
world_reset(void **state)
{
	(void)state;
	w.anchor = (struct pledge_anchor){ .key = w.root.c.spki,
		.certifies = true,
		.policies = { w.policy } };
	w.p = (struct pledge){ .anchors = &w.anchor,
		.anchors_len = 1,
		.formats = PLEDGE_CMS | PLEDGE_JWS | PLEDGE_COSE,
		.pins = PLEDGE_PIN_CERTIFICATE,
		.idevid = w.device.der,
		.issuer_demanded = true,
		.has_clock = true,
		.now = NOW };
	w.voucher = (struct voucher){ .created_on = NOW - 10,
		.assertion = ASSERTION_PROXIMITY,
		.serial = SERIAL,
		.nonce = NONCE,
		.idevid_issuer = w.device.c.authority_key_id,
		.pinned_domain_cert = w.domain.c.der };
	world_chain(&w.signer, &w.voucher_ca, &w.root);
	w.bare = false;
	w.content = span_of(NULL, 0);
	return 0;
}

/* ECDSA with SHA-256, in DER. */
static struct span
signature(struct span message, uint8_t out[128])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = 128;

	assert_int_equal(
	    EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, w.by->key), 1);
	assert_int_equal(
	    EVP_DigestSign(c, out, &len, message.ptr, message.len), 1);
	EVP_MD_CTX_free(c);
	return span_of(out, len);
}

static struct span
content(enum pledge_format format)
{
	static uint8_t octets[8192];
	size_t len;

	if (w.content.ptr != NULL)
		return w.content;
	if (format == PLEDGE_COSE)
		assert_true(
		    voucher_to_cbor(&w.voucher, octets, sizeof(octets), &len));
	else
		assert_true(voucher_to_json(
		    &w.voucher, (char *)octets, sizeof(octets), &len));
	return span_of(octets, len);
}

static void
sign_cms(void)
{
	static const uint8_t ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	struct cms_plan plan = { .content_type = CMS_ANIMA_JSON,
		.content = content(PLEDGE_CMS),
		.signing_time = NOW,
		.digest = HASH_SHA256,
		.signature_algorithm = span_of(ecdsa, sizeof(ecdsa)) };
	uint8_t attributes[512], der[128];
	struct span covered;
	size_t len;

	for (; plan.certificates_len < w.chain_len; plan.certificates_len++)
		plan.certificates[plan.certificates_len] =
		    w.chain[plan.certificates_len]->c.der;
	assert_true(
	    cms_attributes_render(&plan, attributes, sizeof(attributes), &len));
	covered = span_of(attributes, len);
	assert_true(cms_assemble(
	    &plan, covered, signature(covered, der), room, sizeof(room), &len));
	w.bytes = span_of(room, len);
}

static void
sign_object(enum pledge_format format)
{
	struct object_plan plan = { .content = content(format),
		.algorithm = { SIGNATURE_ECDSA, HASH_SHA256 } };
	uint8_t der[128], *covered = malloc(sizeof(room));
	struct span s;
	size_t len;

	for (; !w.bare && plan.certificates_len < w.chain_len;
	     plan.certificates_len++)
		plan.certificates[plan.certificates_len] =
		    w.chain[plan.certificates_len]->c.der;
	if (format == PLEDGE_JWS) {
		assert_true(
		    jws_covered_render(&plan, covered, sizeof(room), &len));
		s = span_of(covered, len);
		assert_true(jws_assemble(
		    &plan, s, signature(s, der), room, sizeof(room), &len));
	} else {
		assert_true(
		    cose_covered_render(&plan, covered, sizeof(room), &len));
		s = span_of(covered, len);
		assert_true(cose_assemble(
		    &plan, signature(s, der), room, sizeof(room), &len));
	}
	w.bytes = span_of(room, len);
	free(covered);
}

void
world_sign(enum pledge_format format)
{
	/* As the request of this format has it. */
	static const uint8_t octets[] = "0123456789abcdef";

	w.p.nonce =
	    format == PLEDGE_COSE ? span_of(octets, 16) : span_str(NONCE);
	if (format == PLEDGE_CMS)
		sign_cms();
	else
		sign_object(format);
}

enum pledge_verdict
world_look(void)
{
	static uint8_t work[PLEDGE_WORK(sizeof(room))];
	static uint8_t *copy; /* w.out borrows from it */

	free(copy);
	copy = malloc(w.bytes.len);
	if (w.bytes.len > 0)
		memcpy(copy, w.bytes.ptr, w.bytes.len);
	return pledge_verify(&w.p, span_of(copy, w.bytes.len), work,
	    PLEDGE_WORK(w.bytes.len), &w.out);
}

enum pledge_verdict
world_judge(enum pledge_format format)
{
	world_sign(format);
	return world_look();
}
