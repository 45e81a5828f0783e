/*
 * Files that an operator named: CSRs, device certificates of other makers, and
 * certificates for the linter (lint.c). They go the same way as bytes from the network.
 */
#include "base/text.h"
#include "checker/check.h"
#include "envelope/csr.h"
#include "envelope/pem.h"
#include "model/serial.h"
#include "x509/lint.h"

/* DER or PEM into the arena, then a certificate over it. */
static enum reason
read_certificate(struct span bytes, uint8_t **arena, size_t *room,
    struct certificate *out, struct why *why)
{
	size_t len;

	if (!pem_or_der(bytes, "CERTIFICATE", *arena, *room, &len))
		return why_set(why, REASON_CERTIFICATE_MALFORMED, 0,
		    "neither DER nor one PEM block CERTIFICATE");
	enum reason r = certificate_read(span_of(*arena, len), out, why);

	*arena += len;
	*room -= len;
	return r;
}

/* signed by the CA that came with it, one serial, rules of IP 10. */
static enum reason
inspect_import(const struct message_inspect *in, uint8_t *arena, size_t room,
    struct import_facts *f, struct why *why)
{
	struct certificate device, ca;
	struct lint_context context = { .subject = LINT_IDEVID, .issuer = &ca };
	enum reason r;

	if ((r = read_certificate(in->bytes, &arena, &room, &device, why)) !=
		REASON_OK ||
	    (r = read_certificate(in->other, &arena, &room, &ca, why)) !=
		REASON_OK)
		return r;
	if (!certificate_signed_by(&device, &ca))
		return why_set(why, REASON_IMPORT_CHAIN, -1,
		    "the signature is not by this CA's key");
	if (device.subject_serials != 1)
		return why_set(why, REASON_PLEDGE_SERIAL_COUNT, -1,
		    "%u serialNumber attributes", device.subject_serials);
	if ((r = serial_check(device.subject_serial, why)) != REASON_OK ||
	    (r = lint_import(&device, &context, f->warnings,
		 sizeof(f->warnings), why)) != REASON_OK ||
	    (r = lint_voucher_policies(&device, in->policies, why)) !=
		REASON_OK)
		return r;
	text_copy(f->serial, sizeof(f->serial), device.subject_serial);
	f->certificate = device.der;
	f->issuer_certificate = ca.der;
	certificate_issuer(&device, &f->issuer);
	sha256(device.issuer, f->issuer_name_sha256);
	sha256(device.spki, f->spki_sha256);
	sha256(device.der, f->certificate_sha256);
	return REASON_OK;
}

/* What a certificate of a registrar or a CA says, for its place on file. A CA
 * counts as one only if it may sign certificates. */
static enum reason
inspect_certificate(const struct message_inspect *in, uint8_t *arena,
    size_t room, struct certificate_facts *f, struct why *why)
{
	struct certificate c;
	enum reason r = read_certificate(in->bytes, &arena, &room, &c, why);

	if (r != REASON_OK)
		return r;
	chain_entry_fill(&f->entry, &c);
	if (c.has_key_usage && (c.key_usage & KEY_USAGE_CERT_SIGN) == 0)
		f->entry.ca = false;
	f->entry.self_signed = certificate_self_signed(&c);
	sha256(c.subject, f->name_sha256);
	f->registrar = c.eku_cmc_ra;
	name_print(f->subject, sizeof(f->subject), c.subject);
	return REASON_OK;
}

/* What *out borrows lives until the next one. */
static enum reason
inspect_manifest(const struct message_inspect *in, struct manifest_facts *out,
    struct why *why)
{
	static uint8_t hashes[MANIFEST_RECORDS_MAX * HASH_SIZE];

	return manifest_check(in->bytes, in->policies, hashes, out, why);
}

void
inspect_file(const struct message_inspect *in, uint8_t *arena, char *json,
    size_t json_cap, struct message_inspected *out)
{
	size_t room = in->bytes.len + in->other.len;
	struct why why;

	memset(out, 0, sizeof(*out));
	why_clear(&why);
	out->kind = in->kind;
	switch (in->kind) {
	case INSPECT_CSR:
		out->reason = csr_read(in->bytes, arena, &out->csr, &why);
		break;
	case INSPECT_IMPORT:
		out->reason =
		    inspect_import(in, arena, room, &out->import, &why);
		break;
	case INSPECT_LINT:
		out->reason = lint_file(
		    in, arena, room, json, json_cap, &out->json, &why);
		break;
	case INSPECT_CERTIFICATE:
		out->reason = inspect_certificate(
		    in, arena, room, &out->certificate, &why);
		break;
	case INSPECT_MANIFEST:
		out->reason = inspect_manifest(in, &out->manifest, &why);
		break;
	}
	text_copy(out->text, sizeof(out->text), span_str(why.text));
}
