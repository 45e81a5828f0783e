/*
 * Certification requests: what csr_read() takes, DER or PEM, OpenSSL reads as
 * well, and finds signed by its own key.
 */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "envelope/csr.h"
#include "envelope/pem.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t *arena = malloc(len + 1); /* as much as is promised */
	const unsigned char *at = arena;
	struct csr_facts facts;
	struct why why;
	size_t der_len;
	X509_REQ *q;

	require(arena != NULL);
	if (csr_read(span_of(bytes, len), arena, &facts, &why) == REASON_OK) {
		require(facts.spki.ptr >= arena &&
		    facts.spki.ptr + facts.spki.len <= arena + len);
		require(strlen(facts.serial) <= SERIAL_MAX);
		require(pem_or_der(span_of(bytes, len), "CERTIFICATE REQUEST",
		    arena, len, &der_len));
		q = d2i_X509_REQ(NULL, &at, (long)der_len);
		require(q != NULL);
		require(X509_REQ_verify(q, X509_REQ_get0_pubkey(q)) == 1);
		X509_REQ_free(q);
	}
	free(arena);
	ERR_clear_error();
	public_key_cache_trim();
	return 0;
}
