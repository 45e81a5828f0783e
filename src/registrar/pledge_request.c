/* pledge request: what a device sends to its registrar (RFC 8995 5.2). */
#include "registrar/registrar.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "registrar/pvr.h"

struct pledge_options {
	const char *key, *passphrase, *certificate, *chain, *registrar, *nonce;
	const char *created_on, *out, *format, *proximity;
	bool id_data, no_assertion, nonceless;
};

/* Sixteen octets, as RFC 8995 5.2 wants them: strong and unpredictable. */
static void
nonce_draw(char out[NONCE_MAX + 1])
{
	uint8_t random[16];

	random_bytes(random, sizeof(random));
	base64_encode(out, span_of(random, sizeof(random)));
}

static enum reason
nonce_choose(
    const struct pledge_options *o, char out[NONCE_MAX + 1], struct why *why)
{
	if (o->nonceless)
		return REASON_OK;
	if (o->nonce == NULL) {
		nonce_draw(out);
		return REASON_OK;
	}
	if (strlen(o->nonce) >= NONCE_MIN &&
	    text_printable(span_str(o->nonce)) &&
	    text_copy(out, NONCE_MAX + 1, span_str(o->nonce)))
		return REASON_OK;
	return why_set(why, REASON_NONCE_LENGTH, -1, "--nonce");
}

/* --proximity: which of the three leaves says whom the pledge saw. */
static enum reason
proximity_choose(const char *word, const struct certificate *registrar,
    uint8_t hash[HASH_SIZE], struct voucher_request *q, struct why *why)
{
	if (strcmp(word, "cert") == 0) {
		q->proximity_cert = registrar->der;
	} else if (strcmp(word, "pubk") == 0) {
		q->proximity_pubk = registrar->spki;
	} else if (strcmp(word, "pubk-sha256") == 0) {
		sha256(registrar->spki, hash);
		q->proximity_pubk_sha256 = span_of(hash, HASH_SIZE);
	} else if (strcmp(word, "none") != 0) {
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--proximity: cert, pubk, pubk-sha256 or none");
	}
	return REASON_OK;
}

static enum reason
request_make(const struct pledge_options *o, const struct identity *i,
    const struct certificate *registrar, struct buf *out, struct why *why)
{
	struct request_form form = { .format = FORMAT_CMS_JSON,
		.content_type = o->id_data ? CMS_ID_DATA : CMS_ANIMA_JSON };
	struct voucher_request q = { 0 };
	uint8_t hash[HASH_SIZE];
	const char *word;
	enum reason r;

	if ((r = format_option(o->format, &form.format, why)) != REASON_OK)
		return r;
	/* A certificate is much for a constrained pledge (cBRSKI), its own or
	 * the registrar's. */
	form.bare = form.format == FORMAT_COSE_CBOR && o->chain == NULL;
	word = o->proximity != NULL	      ? o->proximity
	    : form.format == FORMAT_COSE_CBOR ? "pubk"
					      : "cert";
	if ((r = proximity_choose(word, registrar, hash, &q, why)) != REASON_OK)
		return r;

	if (!o->no_assertion)
		q.assertion = ASSERTION_PROXIMITY;
	if ((r = subject_serial(&i->own.list[0], q.serial, why)) != REASON_OK ||
	    (r = nonce_choose(o, q.nonce, why)) != REASON_OK ||
	    (r = time_option(o->created_on, &q.created_on, why)) != REASON_OK)
		return r;
	q.has_created_on = true;
	return request_sign(i, &q, &form, out, why);
}

enum exit_code
pledge_request(int argc, char **argv)
{
	struct pledge_options o = { 0 };
	const struct option_row rows[] = {
		{ "key", &o.key, NULL, true },
		{ "passphrase-file", &o.passphrase, NULL, false },
		{ "certificate", &o.certificate, NULL, true },
		{ "chain", &o.chain, NULL, false },
		{ "registrar-certificate", &o.registrar, NULL, true },
		{ "nonce", &o.nonce, NULL, false },
		{ "nonceless", NULL, &o.nonceless, false },
		{ "created-on", &o.created_on, NULL, false },
		{ "id-data", NULL, &o.id_data, false },
		{ "format", &o.format, NULL, false },
		{ "proximity", &o.proximity, NULL, false },
		{ "no-assertion", NULL, &o.no_assertion, false },
		{ "out", &o.out, NULL, true },
		{ 0 },
	};
	struct certificate_file registrar = { 0 };
	struct identity identity = { 0 };
	struct why why;
	struct buf out;
	enum reason r;

	if (options_read(argc, argv, rows, NULL, 0) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	buf_init(&out, FILE_MAX);
	if ((r = identity_load(&identity, o.key, o.certificate, o.chain,
		 o.passphrase, &why)) == REASON_OK &&
	    (r = certificates_load(&registrar, o.registrar, &why)) ==
		REASON_OK &&
	    (r = request_make(&o, &identity, &registrar.list[0], &out, &why)) ==
		REASON_OK)
		r = file_write(o.out, buf_span(&out), 0644, &why);
	buf_free(&out);
	certificates_free(&registrar);
	identity_free(&identity);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}
