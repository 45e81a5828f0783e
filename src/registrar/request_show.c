/* Printing voucher-requests, see show.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "envelope/agent.h"
#include "registrar/registrar.h"
#include "registrar/show.h"

/* The pledge's request in a registrar's, as far as it can be read. */
struct inner {
	struct judgement j;
	uint8_t *arena;
	enum reason reason;
};

static struct inner *
inner_open(const struct judgement *j)
{
	struct judge_facts facts = { .voucher = j->request.prior,
		.requests = true };
	struct inner *p = memory_new(sizeof(*p));

	p->arena = memory_new(JUDGE_ARENA(facts.voucher.len));
	p->reason = voucher_examine(&facts, p->arena, &p->j, NULL);
	/* One level: what is inside that one is nobody's. */
	p->j.request.prior = span_of(NULL, 0);
	return p;
}

static void
inner_close(struct inner *p)
{
	free(p->arena);
	free(p);
}

static void
hex_line(const char *name, struct span value)
{
	char text[HEX_SIZE(64)];

	if (value.ptr == NULL)
		return;
	if (value.len > 64) {
		snprintf(text, sizeof(text), "%zu octets", value.len);
		show_line(name, text);
		return;
	}
	hex_encode(text, value);
	show_line(name, text);
}

/* Whom the pledge says it saw. */
static void
proximity_lines(const struct voucher_request *q)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct certificate c;

	if (q->proximity_cert.ptr != NULL) {
		if (certificate_read(q->proximity_cert, &c, NULL) == REASON_OK)
			show_certificate("proximity-registrar-cert", &c);
		else
			show_line(
			    "proximity-registrar-cert", "(no certificate)");
	}
	if (q->proximity_pubk.ptr != NULL) {
		fingerprint_print(fingerprint, q->proximity_pubk);
		show_line("proximity-registrar-pubk", "");
		show_line("  key sha256", fingerprint);
	}
	hex_line("proximity-registrar-pubk-sha256", q->proximity_pubk_sha256);
}

/* What the agent signed; the text is the caller's. */
static bool
agent_print(const struct voucher_request *q, char *out, size_t cap)
{
	struct agent_data *d = memory_new(sizeof(*d));
	uint8_t *arena = memory_new(JWS_ARENA(q->agent_signed_data.len));
	char date[CLOCK_TEXT_SIZE];
	bool good;

	good = agent_data_read(q->agent_signed_data, arena,
		   JWS_ARENA(q->agent_signed_data.len), d, NULL) == REASON_OK &&
	    text_printable(span_str(d->serial));
	if (good) {
		clock_print(date, d->created_on);
		snprintf(out, cap, "for %s at %s", d->serial, date);
	}
	free(arena);
	free(d);
	return good;
}

/* What a registrar-agent has to do with it (PRM). */
static void
agent_lines(const struct voucher_request *q)
{
	struct certificate c;
	char text[160];
	unsigned i;

	if (q->agent_registrar.ptr != NULL &&
	    certificate_read(q->agent_registrar, &c, NULL) == REASON_OK)
		show_certificate("agent-provided-proximity-registrar-cert", &c);
	else if (q->agent_registrar.ptr != NULL)
		show_line("agent-provided-proximity-registrar-cert",
		    "(no certificate)");
	if (q->agent_signed_data.ptr != NULL)
		show_line("agent-signed-data",
		    agent_print(q, text, sizeof(text)) ? text : "(malformed)");
	for (i = 0; i < q->agent_certificates_len; i++) {
		if (certificate_read(q->agent_certificates[i], &c, NULL) ==
		    REASON_OK)
			show_certificate("agent-sign-cert", &c);
		else
			show_line("agent-sign-cert", "(no certificate)");
	}
}

void
request_text_print(const struct judgement *j)
{
	const struct voucher_request *q = &j->request;
	struct inner *p;

	show_line("kind", "voucher-request");
	show_line("serial-number", q->serial[0] == '\0' ? "(none)" : q->serial);
	show_line("assertion",
	    q->assertion == ASSERTION_NONE ? "(none)"
					   : assertion_text(q->assertion));
	show_line("nonce", q->nonce[0] == '\0' ? "(none)" : q->nonce);
	if (q->has_created_on)
		show_date("created-on", q->created_on);
	hex_line("idevid-issuer", q->idevid_issuer);
	proximity_lines(q);
	agent_lines(q);
	show_form(j);
	show_chain(j);
	if (q->prior.ptr == NULL)
		return;
	printf("\nprior-signed-voucher-request:\n");
	p = inner_open(j);
	if (p->reason != REASON_OK)
		show_line("refused", reason_code(p->reason));
	else
		voucher_print(&p->j, false);
	inner_close(p);
}

static void
put_base64(struct json_out *o, const char *name, struct span value)
{
	if (value.ptr == NULL)
		return;
	json_add_base64(o, name, value);
}

static void
put_prior(struct json_out *o, const struct judgement *j)
{
	struct inner *p = inner_open(j);

	json_put_name(o, "prior-signed-voucher-request");
	json_begin_object(o);
	if (p->reason != REASON_OK)
		json_add_optional(o, "refused", reason_code(p->reason));
	else if (p->j.is_request)
		request_json_put(o, &p->j);
	else
		json_add_optional(o, "kind", "voucher");
	json_end_object(o);
	inner_close(p);
}

void
request_json_put(struct json_out *o, const struct judgement *j)
{
	const struct voucher_request *q = &j->request;
	unsigned i;

	json_add_optional(o, "kind", "voucher-request");
	json_add_optional(o, "serial-number", q->serial);
	json_add_optional(o, "assertion",
	    q->assertion == ASSERTION_NONE ? "" : assertion_text(q->assertion));
	json_add_optional(o, "nonce", q->nonce);
	show_put_date(o, "created-on", q->has_created_on ? q->created_on : 0);
	put_base64(o, "idevid-issuer", q->idevid_issuer);
	put_base64(o, "proximity-registrar-cert", q->proximity_cert);
	put_base64(o, "proximity-registrar-pubk", q->proximity_pubk);
	put_base64(
	    o, "proximity-registrar-pubk-sha256", q->proximity_pubk_sha256);
	put_base64(
	    o, "agent-provided-proximity-registrar-cert", q->agent_registrar);
	put_base64(o, "agent-signed-data", q->agent_signed_data);
	if (q->agent_certificates_len > 0) {
		json_put_name(o, "agent-sign-cert");
		json_begin_array(o);
		for (i = 0; i < q->agent_certificates_len; i++)
			json_put_base64(o, q->agent_certificates[i]);
		json_end_array(o);
	}
	show_put_form(o, j);
	show_put_signature(o, j);
	if (q->prior.ptr != NULL)
		put_prior(o, j);
}
