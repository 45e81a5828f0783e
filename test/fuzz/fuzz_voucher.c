/*
 * Vouchers as a pledge judges them, with the published example's anchor built
 * in. What is obeyed is for this device, in its dates, and verifies with
 * OpenSSL against that very anchor.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "envelope/pem.h"
#include "fuzz.h"
#include "registrar/voucher_judge.h"

/* The day of the example. */
#define NOW INT64_C(1618350204)

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

/* The signature only: dates and purposes are ours to judge. */
static void
openssl_verifies(struct span voucher, const struct judgement *j)
{
	const unsigned char *at = voucher.ptr, *from = j->signer->der.ptr;
	CMS_ContentInfo *info =
	    d2i_CMS_ContentInfo(NULL, &at, (long)voucher.len);
	X509 *signer = d2i_X509(NULL, &from, (long)j->signer->der.len);
	EVP_PKEY *key = X509_get0_pubkey(signer);
	STACK_OF(CMS_SignerInfo) * infos;

	require(info != NULL && signer != NULL && key != NULL);
	infos = CMS_get0_SignerInfos(info);
	require(sk_CMS_SignerInfo_num(infos) == 1);
	if (j->envelope.cms.attributed) {
		CMS_SignerInfo_set1_signer_cert(
		    sk_CMS_SignerInfo_value(infos, 0), signer);
		require(CMS_SignerInfo_verify(
			    sk_CMS_SignerInfo_value(infos, 0)) == 1);
	}
	X509_free(signer);
	CMS_ContentInfo_free(info);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static struct judgement j;
	struct judge_facts facts = { .voucher = span_of(bytes, len),
		.now = NOW };
	uint8_t *arena = malloc(JUDGE_ARENA(len) + 1);
	uint64_t digest = 0;
	struct why why;

	require(arena != NULL);
	if (oracle_begin()) {
		anchor_make();
		oracle_end();
	}
	facts.anchor = anchor.certificate.spki;
	if (voucher_examine(&facts, arena, &j, &why) == REASON_OK) {
		require(j.voucher.serial[0] != '\0');
		require(
		    j.signer != NULL || j.envelope.format == FORMAT_COSE_CBOR);
		require((j.signer != NULL) == (j.chain_len >= 1));
		require(j.chain_len <= CHAIN_MAX);
	}
	if (voucher_judge(&facts, arena, &j, &why) == REASON_OK) {
		require(j.chained);
		require((j.pinned.der.ptr != NULL) ==
		    (j.voucher.pinned_domain_cert.ptr != NULL));
		require(
		    j.voucher.expires_on == 0 || j.voucher.expires_on >= NOW);
		digest = digest_add(ACCEPTED, j.voucher.serial, SERIAL_MAX);
		digest = digest_add(digest, j.pinned.der.ptr, j.pinned.der.len);
		digest = digest_add(digest, &j.chain_len, sizeof(j.chain_len));
		if (j.envelope.format == FORMAT_CMS_JSON && oracle_begin()) {
			openssl_verifies(facts.voucher, &j);
			oracle_end();
		}
	}
	free(arena);
	return digest;
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
