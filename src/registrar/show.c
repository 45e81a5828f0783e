/* Printing vouchers, see show.h. */
#include "registrar/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "registrar/registrar.h"
#include "wire/json.h"

/* Whatever a file holds, in base64 and once more as the pledge's. */
#define JSON_ROOM	  (65536 + 3 * FILE_MAX)
#define NAME_ROOM	  256
#define PROPRIETARY_SHOWN 32

void
show_line(const char *name, const char *value)
{
	printf("%-22s %s\n", name, value);
}

void
show_date(const char *name, int64_t when)
{
	char text[CLOCK_TEXT_SIZE];

	if (when == 0)
		return;
	clock_print(text, when);
	show_line(name, text);
}

static const char *
revocation_text(const struct voucher *v)
{
	if (!v->has_revocation_checks)
		return "as PKIX says";
	return v->revocation_checks ? "must be done" : "must not be done";
}

void
show_certificate(const char *what, const struct certificate *c)
{
	char name[NAME_ROOM], fingerprint[FINGERPRINT_SIZE];

	name_print(name, sizeof(name), c->subject);
	show_line(what, name[0] == '\0' ? "(no name)" : name);
	fingerprint_print(fingerprint, c->spki);
	show_line("  key sha256", fingerprint);
	show_date("  valid from", c->not_before);
	show_date("  valid until", c->not_after);
}

static const char *
content_type(const struct judgement *j)
{
	return j->envelope.cms.content_type == CMS_ANIMA_JSON
	    ? "id-ct-animaJSONVoucher"
	    : "id-data";
}

/* A pinned key, or its hash, as the hash that is printed of certificates. */
static struct span
pin_key_hash(const struct voucher *v, uint8_t room[HASH_SIZE])
{
	if (v->pinned_domain_pubk.ptr == NULL)
		return v->pinned_domain_pubk_sha256;
	sha256(v->pinned_domain_pubk, room);
	return span_of(room, HASH_SIZE);
}

static void
pin_lines(const struct judgement *j)
{
	const struct voucher *v = &j->voucher;
	char text[HEX_SIZE(HASH_SIZE)];
	uint8_t room[HASH_SIZE];

	if (v->pinned_domain_cert.ptr != NULL) {
		show_certificate("pinned-domain-cert", &j->pinned);
		return;
	}
	hex_encode(text, pin_key_hash(v, room));
	show_line(v->pinned_domain_pubk.ptr != NULL
		? "pinned-domain-pubk"
		: "pinned-domain-pubk-sha256",
	    "");
	show_line("  key sha256", text);
}

void
show_form(const struct judgement *j)
{
	show_line("format", format_media_type(j->envelope.format));
	if (j->envelope.format == FORMAT_CMS_JSON)
		show_line("content type", content_type(j));
}

void
show_chain(const struct judgement *j)
{
	unsigned i;

	if (j->signer == NULL)
		show_line("signer",
		    j->chained ? "(the anchor's key; no certificate in it)"
			       : "NOT VERIFIED: no certificate in it");
	for (i = 0; i < j->chain_len; i++)
		show_certificate(i == 0 ? "signer" : "issued by", &j->chain[i]);
}

/* Opaque octets: as many as a line holds, then how many there are. */
static void
proprietary_line(struct span value)
{
	char text[HEX_SIZE(PROPRIETARY_SHOWN) + 32];
	struct span shown = value;

	shown.len =
	    shown.len > PROPRIETARY_SHOWN ? PROPRIETARY_SHOWN : shown.len;
	hex_encode(text, shown);
	if (shown.len < value.len)
		snprintf(
		    text + 2 * shown.len, 32, "... (%zu octets)", value.len);
	show_line("proprietary", text);
}

/* What a cloud registrar had put in, and the manufacturer (MP 15). */
static void
optional_lines(const struct voucher *v)
{
	if (v->est_domain[0] != '\0')
		show_line("est-domain", v->est_domain);
	if (v->configuration_url[0] != '\0')
		show_line("configuration url", v->configuration_url);
	if (v->proprietary.ptr != NULL)
		proprietary_line(v->proprietary);
}

static void
text_print(const struct judgement *j)
{
	const struct voucher *v = &j->voucher;

	if (j->is_request) {
		request_text_print(j);
		return;
	}
	show_line("serial-number", v->serial);
	show_line("assertion", assertion_text(v->assertion));
	show_line("nonce", v->nonce[0] == '\0' ? "(none)" : v->nonce);
	show_date("created-on", v->created_on);
	show_date("expires-on", v->expires_on);
	show_line("revocation checks", revocation_text(v));
	optional_lines(v);
	show_form(j);
	pin_lines(j);
	show_chain(j);
}

void
show_put_date(struct json_out *o, const char *name, int64_t when)
{
	char text[CLOCK_TEXT_SIZE] = "";

	if (when != 0)
		clock_print(text, when);
	json_add_optional(o, name, text);
}

static void
put_certificate(struct json_out *o, const struct certificate *c)
{
	char name[NAME_ROOM];
	uint8_t hash[HASH_SIZE];

	json_begin_object(o);
	name_print(name, sizeof(name), c->subject);
	json_add_optional(o, "subject", name);
	sha256(c->spki, hash);
	json_add_hex(o, "spki-sha256", span_of(hash, sizeof(hash)));
	sha256(c->der, hash);
	json_add_hex(o, "sha256", span_of(hash, sizeof(hash)));
	show_put_date(o, "not-before", c->not_before);
	show_put_date(o, "not-after", c->not_after);
	json_end_object(o);
}

static void
put_pin(struct json_out *o, const struct judgement *j)
{
	uint8_t room[HASH_SIZE];

	json_put_name(o, "pinned");
	if (j->voucher.pinned_domain_cert.ptr != NULL) {
		put_certificate(o, &j->pinned);
		return;
	}
	json_begin_object(o);
	json_add_hex(o, "spki-sha256", pin_key_hash(&j->voucher, room));
	json_end_object(o);
}

void
show_put_signature(struct json_out *o, const struct judgement *j)
{
	unsigned i;

	json_add_bool(o, "verified", j->signer != NULL || j->chained);
	json_put_name(o, "chain");
	json_begin_array(o);
	for (i = 0; i < j->chain_len; i++)
		put_certificate(o, &j->chain[i]);
	json_end_array(o);
}

void
show_put_form(struct json_out *o, const struct judgement *j)
{
	json_add_optional(o, "format", format_media_type(j->envelope.format));
	if (j->envelope.format == FORMAT_CMS_JSON)
		json_add_optional(o, "content-type", content_type(j));
}

static void
put_voucher(struct json_out *o, const struct judgement *j)
{
	const struct voucher *v = &j->voucher;

	json_add_optional(o, "serial-number", v->serial);
	json_add_optional(o, "assertion", assertion_text(v->assertion));
	json_add_optional(o, "nonce", v->nonce);
	show_put_date(o, "created-on", v->created_on);
	show_put_date(o, "expires-on", v->expires_on);
	if (v->has_revocation_checks) {
		json_add_bool(
		    o, "domain-cert-revocation-checks", v->revocation_checks);
	}
	if (v->idevid_issuer.ptr != NULL) {
		json_add_base64(o, "idevid-issuer", v->idevid_issuer);
	}
	if (v->est_domain[0] != '\0')
		json_add_optional(o, "est-domain", v->est_domain);
	if (v->configuration_url[0] != '\0')
		json_add_optional(
		    o, "additional-configuration-url", v->configuration_url);
	if (v->proprietary.ptr != NULL) {
		json_add_base64(o, "manufacturer-proprietary", v->proprietary);
	}
	show_put_form(o, j);
	put_pin(o, j);
	show_put_signature(o, j);
}

static void
put_verdict(struct json_out *o, const struct judgement *j)
{
	json_put_name(o, "checked");
	json_begin_object(o);
	json_add_bool(o, "anchor", j->chained);
	json_add_bool(o, "voucher-policy", j->policy_checked);
	json_add_bool(o, "serial-number", j->serial_checked);
	json_add_bool(o, "nonce", j->nonce_checked);
	json_add_bool(o, "idevid-issuer", j->issuer_checked);
	json_add_bool(o, "pinned-domain-cert", j->pin_checked);
	json_end_object(o);
}

static void
json_print(const struct judgement *j, bool verdict)
{
	char *room = memory_new(JSON_ROOM);
	struct json_out o;
	struct span written;

	json_out_open(&o, room, JSON_ROOM);
	json_begin_object(&o);
	if (j->is_request)
		request_json_put(&o, j);
	else
		put_voucher(&o, j);
	if (verdict)
		put_verdict(&o, j);
	json_end_object(&o);
	if (json_out_span(&o, &written) != WIRE_OK)
		fatal("a voucher does not fit %d octets of JSON", JSON_ROOM);
	printf("%.*s\n", (int)written.len, room);
	free(room);
}

void
voucher_print(const struct judgement *j, bool json)
{
	if (json)
		json_print(j, false);
	else
		text_print(j);
}

static void
check_line(const char *what, bool done)
{
	show_line(what, done ? "right" : "not compared");
}

void
verdict_print(const struct judgement *j, bool json)
{
	if (json) {
		json_print(j, true);
		return;
	}
	text_print(j);
	printf("\nThe %s is good:\n", j->is_request ? "request" : "voucher");
	check_line("  signature, anchor", j->chained);
	check_line("  voucher policy", j->policy_checked);
	if (j->is_request)
		return;
	check_line("  serial-number", j->serial_checked);
	if (j->nonce_checked && j->nonceless)
		show_line("  nonce", "none in it: reusable, not fresh");
	else
		check_line("  nonce", j->nonce_checked);
	check_line("  idevid-issuer", j->issuer_checked);
	check_line("  registrar's pin", j->pin_checked);
}
