/* Asking a MASA, see ask.h. */
#include "registrar/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "registrar/pvr.h"
#include "wire/der.h"

#define ISSUER_ROOM 128
#define WELL_KNOWN  "/.well-known/brski"

unsigned
ask_rows(struct option_row rows[OPTIONS_MAX], struct ask_options *o, bool url)
{
	const struct option_row all[] = {
		{ "url", &o->url, NULL, url },
		{ "trust", &o->trust, NULL, false },
		{ "insecure", NULL, &o->insecure, false },
		{ "key", &o->key, NULL, true },
		{ "certificate", &o->certificate, NULL, true },
		{ "chain", &o->chain, NULL, false },
		{ "passphrase-file", &o->passphrase, NULL, false },
		{ "tls-key", &o->tls_key, NULL, false },
		{ "tls-certificate", &o->tls_certificate, NULL, false },
		{ "pvr", &o->pvr, NULL, false },
		{ "rvr", &o->rvr, NULL, false },
		{ "serial", &o->serial, NULL, false },
		{ "issuer", &o->issuer, NULL, false },
		{ "created-on", &o->created_on, NULL, false },
		{ "accept", &o->accept, NULL, false },
		{ "format", &o->format, NULL, false },
		{ "pledge-certificate", &o->pledge, NULL, false },
		{ "pledge-key", &o->pledge_key, NULL, false },
		{ "agent-certificate", &o->agent, NULL, false },
		{ "agent-key", &o->agent_key, NULL, false },
		{ "pin", &o->pin, NULL, false },
		{ "nonce", &o->nonce, NULL, false },
		{ "nonceless", NULL, &o->nonceless, false },
		{ "id-data", NULL, &o->id_data, false },
		{ "json", NULL, &o->json, false },
	};

	memcpy(rows, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

/* Form A of MP 6.3: the extnValue of the IDevID's authorityKeyIdentifier. */
static void
issuer_render(const struct certificate *idevid, uint8_t *room, struct span *out)
{
	struct der_out o;
	size_t octets, sequence;

	if (idevid->authority_key_id.ptr == NULL)
		return;
	der_out_open(&o, room, ISSUER_ROOM);
	octets = der_begin(&o, DER_OCTET_STRING);
	sequence = der_begin(&o, DER_SEQUENCE);
	der_put(&o, DER_CONTEXT(0), idevid->authority_key_id);
	der_close(&o, sequence);
	der_close(&o, octets);
	if (der_out_span(&o, out) != WIRE_OK)
		fatal("a key identifier does not fit");
}

/* --issuer auto (the default), none, or the octets in hex. */
static enum reason
issuer_choose(const struct ask_options *o, const struct pvr *p, uint8_t *room,
    struct span *out, struct why *why)
{
	size_t len;

	if (o->issuer != NULL && strcmp(o->issuer, "none") == 0)
		return REASON_OK;
	if (o->issuer == NULL || strcmp(o->issuer, "auto") == 0) {
		if (p->signer != NULL)
			issuer_render(p->signer, room, out);
		return REASON_OK;
	}
	if (!hex_decode(room, ISSUER_ROOM, &len, span_str(o->issuer)))
		return why_set(why, REASON_ISSUER_SHAPE, -1, "--issuer");
	*out = span_of(room, len);
	return REASON_OK;
}

/* Whose agent it was (PRM): its certificate first, those above it behind. */
static enum reason
agents_add(const struct ask *a, struct voucher_request *q, struct why *why)
{
	unsigned n;

	if (a->agents.len > AGENT_CERTIFICATES_MAX)
		return why_set(why, REASON_CONTAINER_CERTIFICATES, -1,
		    "more than %d in --agent-certificate",
		    AGENT_CERTIFICATES_MAX);
	for (n = 0; n < a->agents.len; n++)
		q->agent_certificates[n] = a->agents.list[n].der;
	q->agent_certificates_len = a->agents.len;
	return REASON_OK;
}

/* RFC 8995 5.5: the registrar's request around the pledge's. */
static enum reason
rvr_make(struct ask *a, const struct pvr *p, struct why *why)
{
	const struct ask_options *o = &a->options;
	struct voucher_request q = { .has_created_on = true };
	struct request_form form = { .format = a->format,
		.content_type = o->id_data ? CMS_ID_DATA : CMS_ANIMA_JSON,
		.bag = &a->pledge };
	uint8_t issuer[ISSUER_ROOM];
	enum reason r;

	if (p->bytes.len > 0) {
		memcpy(q.serial, p->request.serial, sizeof(q.serial));
		q.assertion = p->request.assertion;
		q.prior = buf_span(&p->bytes);
		if (!o->nonceless)
			memcpy(q.nonce, p->request.nonce, sizeof(q.nonce));
	}
	if (o->nonce != NULL &&
	    (r = nonce_option(o->nonce, q.nonce, why)) != REASON_OK)
		return r;
	if (o->serial != NULL &&
	    !text_copy(q.serial, sizeof(q.serial), span_str(o->serial)))
		return why_set(why, REASON_SERIAL_SYNTAX, -1, "--serial");
	if ((r = agents_add(a, &q, why)) != REASON_OK ||
	    (r = issuer_choose(o, p, issuer, &q.idevid_issuer, why)) !=
		REASON_OK ||
	    (r = time_option(o->created_on, &q.created_on, why)) != REASON_OK)
		return r;
	return request_sign(&a->signer, &q, &form, &a->rvr, why);
}

/* What is no request at all is sent as the default form. */
static void
format_of_file(struct ask *a)
{
	enum artifact_format f = envelope_format(buf_span(&a->rvr));

	if (f != FORMAT_NONE)
		a->format = f;
}

/* Without an agent at hand: what it signs for the device, by its key. */
static enum reason
agent_play(const struct ask *a, const struct pvr_plan *plan, struct buf *out,
    struct why *why)
{
	const struct ask_options *o = &a->options;
	struct identity agent = { 0 };
	char serial[SERIAL_MAX + 1];
	enum reason r;

	if (o->agent_key == NULL)
		return REASON_OK;
	if ((r = identity_load(&agent, o->agent_key, o->agent, NULL, NULL,
		 why)) == REASON_OK &&
	    (r = subject_serial(&plan->pledge->own.list[0], serial, why)) ==
		REASON_OK)
		r = agent_data_make(&agent, serial, plan->created_on, out, why);
	identity_free(&agent);
	return r;
}

/* Without a device at hand: its request, by its key, as if it had seen the
 * registrar's certificate in TLS, or the agent. */
static enum reason
pledge_play(struct ask *a, struct pvr *p, struct why *why)
{
	const struct ask_options *o = &a->options;
	struct pvr_plan plan = { .registrar = &a->signer.own.list[0],
		.nonce = o->nonceless ? "" : o->nonce,
		.form = { .format = a->format,
		    .bare = a->format == FORMAT_COSE_CBOR,
		    .content_type =
			o->id_data ? CMS_ID_DATA : CMS_ANIMA_JSON } };
	struct identity pledge = { 0 };
	struct buf agent;
	enum reason r;

	buf_init(&p->bytes, BODY_MAX);
	buf_init(&agent, BODY_MAX);
	plan.pledge = &pledge;
	if ((r = identity_load(&pledge, o->pledge_key, o->pledge, NULL, NULL,
		 why)) == REASON_OK &&
	    (r = time_option(o->created_on, &plan.created_on, why)) ==
		REASON_OK &&
	    (r = agent_play(a, &plan, &agent, why)) == REASON_OK) {
		plan.agent_data = buf_span(&agent);
		if ((r = pvr_make(&plan, &p->bytes, why)) == REASON_OK)
			r = pvr_read(p, &a->pledge, why);
	}
	buf_free(&agent);
	identity_free(&pledge);
	return r;
}

static enum reason
rvr_prepare(struct ask *a, struct why *why)
{
	const struct ask_options *o = &a->options;
	struct pvr p = { 0 };
	enum reason r = REASON_OK;

	if ((r = format_option(o->format, &a->format, why)) != REASON_OK)
		return r;
	if (o->rvr != NULL) {
		r = file_read(o->rvr, &a->rvr, FILE_MAX, why);
		if (r == REASON_OK && o->format == NULL)
			format_of_file(a);
		return r;
	}
	/* Without a PVR only a serial can be asked for (RFC 8995 5.5.4). */
	if (o->pvr == NULL && o->pledge_key == NULL && o->serial == NULL)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "give --pvr, --pledge-key, --rvr or --serial");
	if (o->pledge_key != NULL && (o->pvr != NULL || o->pledge == NULL))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--pledge-key goes with --pledge-certificate, and without "
		    "--pvr");
	if (o->agent_key != NULL && (o->agent == NULL || o->pledge_key == NULL))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--agent-key goes with --agent-certificate and "
		    "--pledge-key");
	buf_init(&a->rvr, FILE_MAX);
	if (o->agent_key != NULL && o->format == NULL)
		a->format = FORMAT_JWS_JSON;
	if (o->agent != NULL)
		r = certificates_load(&a->agents, o->agent, why);
	if (r == REASON_OK && o->pledge != NULL)
		r = certificates_load(&a->pledge, o->pledge, why);
	if (r == REASON_OK && o->pvr != NULL)
		r = pvr_load(&p, o->pvr, &a->pledge, why);
	if (r == REASON_OK && o->pledge_key != NULL)
		r = pledge_play(a, &p, why);
	if (r == REASON_OK && p.bytes.len > 0)
		r = pvr_agent_check(&p, &a->agents, why);
	/* As the pledge wrote it, unless told otherwise (MP 3 rule 3). */
	if (r == REASON_OK && o->pvr != NULL && o->format == NULL)
		a->format = p.envelope.format;
	if (r == REASON_OK)
		r = rvr_make(a, &p, why);
	pvr_free(&p);
	return r;
}

/* What is sent may be pinned, and nothing else (RFC 8995 5.5): the chain is cut
 * off behind the certificate that is wanted. */
static enum reason
chain_cut(struct identity *i, const char *pin, struct why *why)
{
	struct certificate c;
	unsigned n;

	if (pin == NULL || strcmp(pin, "farthest") == 0)
		return REASON_OK;
	if (strcmp(pin, "end-entity") == 0) {
		i->len = 1;
		return REASON_OK;
	}
	if (strcmp(pin, "lowest-ca") != 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--pin: farthest, lowest-ca or end-entity");
	for (n = 1; n < i->len; n++) {
		if (certificate_read(i->chain[n], &c, NULL) != REASON_OK ||
		    !certificate_signed_by(&i->own.list[0], &c))
			continue;
		i->chain[1] = i->chain[n];
		i->len = 2;
		return REASON_OK;
	}
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "--pin lowest-ca: no certificate given issued the registrar's");
}

enum reason
ask_open(struct ask *a, struct why *why)
{
	const struct ask_options *o = &a->options;
	bool other = o->tls_key != NULL && o->tls_certificate != NULL;
	enum reason r;

	a->format = FORMAT_CMS_JSON;

	if (o->url != NULL && !url_parse(o->url, &a->client.url))
		return why_set(why, REASON_URL_SYNTAX, -1, "--url %s", o->url);
	if (!other && (o->tls_key != NULL || o->tls_certificate != NULL))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--tls-key and --tls-certificate go together");
	a->client.trust = o->trust;
	a->client.insecure = o->insecure;
	if ((r = identity_load(&a->signer, o->key, o->certificate, o->chain,
		 o->passphrase, why)) != REASON_OK ||
	    (r = chain_cut(&a->signer, o->pin, why)) != REASON_OK)
		return r;
	a->client.identity = &a->signer;
	if (other) {
		if ((r = identity_load(&a->tls, o->tls_key, o->tls_certificate,
			 NULL, o->passphrase, why)) != REASON_OK)
			return r;
		a->client.identity = &a->tls;
	}
	return rvr_prepare(a, why);
}

void
ask_free(struct ask *a)
{
	buf_free(&a->rvr);
	certificates_free(&a->pledge);
	certificates_free(&a->agents);
	identity_free(&a->signer);
	identity_free(&a->tls);
}

/* The path of a Location, which must stay on this server. */
static bool
location_path(const struct ask *a, const char *location, const char **path)
{
	struct url url;

	*path = location;
	if (location[0] == '/' && location[1] != '/')
		return true;
	if (!url_parse(location, &url) ||
	    strcmp(url.authority, a->client.url.authority) != 0)
		return false;
	*path = strchr(location + strlen("https://"), '/');
	return *path != NULL;
}

/* RFC 8995 5.8: 201 says where the prepared log is. */
static enum reason
follow(struct ask *a, struct exchange *e, struct response *out, struct why *why)
{
	char location[sizeof(out->location)];
	const char *path;

	memcpy(location, out->location, sizeof(location));
	buf_free(&out->body);
	if (!location_path(a, location, &path))
		return why_set(why, REASON_ANSWER_REFUSED, -1,
		    "status 201 without a Location on this server");
	e->method = "GET";
	e->path = path;
	e->content_type = NULL;
	e->body = span_of(NULL, 0);
	return client_exchange(&a->client, e, out, why);
}

enum reason
ask_send(struct ask *a, const char *resource, const char *accept,
    struct response *out, struct why *why)
{
	char path[sizeof(a->client.url.path) + 64];
	const char *base = a->client.url.path;
	struct exchange e = { .method = "POST",
		.path = path,
		.accept = accept,
		.content_type = format_media_type(a->format),
		.body = buf_span(&a->rvr) };
	enum reason r;

	/* RFC 8995 2.3.2: a path in the URL stands in for the well-known. */
	snprintf(path, sizeof(path), "%s/%s",
	    base[0] == '\0' ? WELL_KNOWN : base, resource);
	if ((r = client_exchange(&a->client, &e, out, why)) != REASON_OK)
		return r;
	if (out->status == 201 && (r = follow(a, &e, out, why)) != REASON_OK)
		return r;
	if (out->status == 200)
		return REASON_OK;
	r = response_refusal(out, why);
	buf_free(&out->body);
	return r;
}
