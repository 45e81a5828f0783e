/*
 * Files that an operator named: CSRs, device certificates of other makers, and
 * certificates for the linter. They go the same way as bytes from the network.
 */
#include "base/text.h"
#include "checker/check.h"
#include "envelope/csr.h"
#include "envelope/pem.h"
#include "model/serial.h"
#include "wire/json.h"
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
		 sizeof(f->warnings), why)) != REASON_OK)
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

static void
print_findings(
    struct json_out *o, const struct lint_finding *findings, unsigned n)
{
	unsigned i;

	json_begin_object(o);
	json_put_name(o, "findings");
	json_begin_array(o);
	for (i = 0; i < n; i++) {
		json_begin_object(o);
		json_put_name(o, "code");
		json_put_text(o, reason_code(findings[i].code));
		json_put_name(o, "clause");
		json_put_text(o, reason_clause(findings[i].code));
		json_put_name(o, "offset");
		json_put_int(o, findings[i].why.offset);
		json_put_name(o, "sentence");
		json_put_text(o, reason_sentence(findings[i].code));
		json_put_name(o, "found");
		json_put_text(o, findings[i].why.text);
		json_end_object(o);
	}
	json_end_array(o);
	json_end_object(o);
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

/* The linter as a tool: the first finding is the reason. */
static enum reason
inspect_lint(const struct message_inspect *in, uint8_t *arena, size_t room,
    char *json, size_t json_cap, struct span *text, struct why *why)
{
	struct lint_finding findings[LINT_FINDINGS_MAX];
	struct certificate c, issuer;
	struct lint_context context = { .subject = LINT_GUESS };
	struct json_out o;
	enum reason r;
	unsigned n;

	if ((r = read_certificate(in->bytes, &arena, &room, &c, why)) !=
	    REASON_OK)
		return r;
	if (in->other.len > 0) {
		if ((r = read_certificate(
			 in->other, &arena, &room, &issuer, why)) != REASON_OK)
			return r;
		context.issuer = &issuer;
	}
	n = certificate_lint(&c, &context, findings);
	json_out_open(&o, json, json_cap);
	print_findings(&o, findings, n);
	if (json_out_span(&o, text) != WIRE_OK)
		return why_set(
		    why, REASON_INTERNAL, -1, "the findings do not fit");
	if (n == 0)
		return REASON_OK;
	*why = findings[0].why;
	return findings[0].code;
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
		out->reason = inspect_lint(
		    in, arena, room, json, json_cap, &out->json, &why);
		break;
	case INSPECT_CERTIFICATE:
		out->reason = inspect_certificate(
		    in, arena, room, &out->certificate, &why);
		break;
	}
	text_copy(out->text, sizeof(out->text), span_str(why.text));
}
