/*
 * Certification requests: what csr_read() takes, DER or PEM, OpenSSL reads as
 * well, and finds signed by its own key.
 */
#include <openssl/x509.h>

#include "envelope/csr.h"
#include "envelope/pem.h"
#include "fuzz.h"

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	uint8_t *arena = malloc(len + 1); /* as much as is promised */
	const unsigned char *at = arena;
	struct csr_facts facts;
	struct why why;
	size_t der_len;
	X509_REQ *q;

	uint64_t digest = 0;

	require(arena != NULL);
	if (csr_read(span_of(bytes, len), arena, &facts, &why) == REASON_OK) {
		digest = digest_add(ACCEPTED, facts.serial, SERIAL_MAX);
		digest = digest_add(digest, facts.csr_sha256, HASH_SIZE);
	}
	if (digest != 0 && oracle_begin()) {
		require(facts.spki.ptr >= arena &&
		    facts.spki.ptr + facts.spki.len <= arena + len);
		require(strlen(facts.serial) <= SERIAL_MAX);
		require(pem_or_der(span_of(bytes, len), "CERTIFICATE REQUEST",
		    arena, len, &der_len));
		q = d2i_X509_REQ(NULL, &at, (long)der_len);
		require(q != NULL);
		require(X509_REQ_verify(q, X509_REQ_get0_pubkey(q)) == 1);
		X509_REQ_free(q);
		oracle_end();
	}
	free(arena);
	return digest;
}
