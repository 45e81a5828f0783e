/* pledge request: what a device sends to its registrar (RFC 8995 5.2). */
#include "registrar/registrar.h"

#include "base/file.h"
#include "registrar/pvr.h"

struct pledge_options {
	const char *key, *passphrase, *certificate, *chain, *registrar, *nonce;
	const char *created_on, *out, *format, *proximity, *agent;
	bool id_data, no_assertion, nonceless;
};

static enum reason
request_make(const struct pledge_options *o, const struct identity *i,
    const struct certificate *registrar, struct span agent, struct buf *out,
    struct why *why)
{
	struct pvr_plan plan = { .pledge = i,
		.registrar = registrar,
		.nonce = o->nonceless ? "" : o->nonce,
		.proximity = o->proximity,
		.no_assertion = o->no_assertion,
		.agent_data = agent,
		/* What a MASA for such pledges must know (MP 15.1). */
		.form = {
		    .format = agent.len > 0 ? FORMAT_JWS_JSON : FORMAT_CMS_JSON,
		    .content_type =
			o->id_data ? CMS_ID_DATA : CMS_ANIMA_JSON } };
	enum reason r;

	if ((r = format_option(o->format, &plan.form.format, why)) !=
		REASON_OK ||
	    (r = time_option(o->created_on, &plan.created_on, why)) !=
		REASON_OK)
		return r;
	/* A certificate is much for a constrained pledge (cBRSKI). */
	plan.form.bare =
	    plan.form.format == FORMAT_COSE_CBOR && o->chain == NULL;
	return pvr_make(&plan, out, why);
}

/* An empty file is what a shell leaves of an agent-data that failed. To take it for no
 * agent at all would make the device say that it saw the registrar (MP 15.1). */
static enum reason
agent_read(const char *path, struct buf *out, struct why *why)
{
	enum reason r = REASON_OK;

	if (path != NULL)
		r = file_read(path, out, BODY_MAX, why);
	return r == REASON_OK && path != NULL && out->len == 0
	    ? why_set(why, REASON_FILE_UNREADABLE, -1, "%.150s is empty", path)
	    : r;
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
		{ "agent-data", &o.agent, NULL, false },
		{ "no-assertion", NULL, &o.no_assertion, false },
		{ "out", &o.out, NULL, true },
		{ 0 },
	};
	struct certificate_file registrar = { 0 };
	struct identity identity = { 0 };
	struct buf out, agent;
	struct why why;
	enum reason r;

	if (options_read(argc, argv, rows, NULL, 0) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	buf_init(&out, FILE_MAX);
	buf_init(&agent, BODY_MAX);
	if ((r = identity_load(&identity, o.key, o.certificate, o.chain,
		 o.passphrase, &why)) == REASON_OK &&
	    (r = certificates_load(&registrar, o.registrar, &why)) ==
		REASON_OK &&
	    (r = agent_read(o.agent, &agent, &why)) == REASON_OK &&
	    (r = request_make(&o, &identity, &registrar.list[0],
		 buf_span(&agent), &out, &why)) == REASON_OK)
		r = file_write(o.out, buf_span(&out), 0644, &why);
	buf_free(&out);
	buf_free(&agent);
	certificates_free(&registrar);
	identity_free(&identity);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}
