/* registrar agent-data: what a registrar-agent signs (PRM, MP 15.1). */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "envelope/agent.h"
#include "registrar/pvr.h"

#define PAYLOAD_ROOM 512

struct agent_options {
	const char *key, *passphrase, *certificate, *serial, *pledge;
	const char *created_on, *out;
};

enum reason
agent_data_make(const struct identity *agent, const char *serial,
    int64_t created_on, struct buf *out, struct why *why)
{
	const struct certificate *c = &agent->own.list[0];
	char payload[PAYLOAD_ROOM], key_id[BASE64_SIZE(KEY_ID_MAX)];
	const struct request_form form = {
		.format = FORMAT_JWS_JSON, .bare = true, .key_id = key_id
	};
	size_t len;

	if (c->subject_key_id.ptr == NULL || c->subject_key_id.len > KEY_ID_MAX)
		return why_set(why, REASON_AGENT_KEY_ID, -1,
		    "the agent's certificate has no subjectKeyIdentifier");
	base64_encode(key_id, c->subject_key_id);
	if (!agent_data_print(
		serial, created_on, payload, sizeof(payload), &len))
		return why_set(why, REASON_SERIAL_SYNTAX, -1, "%s", serial);
	return content_sign(agent, span_of(payload, len), &form, out, why);
}

/* As told, or of the device's certificate. */
static enum reason
serial_find(
    const struct agent_options *o, char out[SERIAL_MAX + 1], struct why *why)
{
	struct certificate_file pledge = { 0 };
	enum reason r;

	if ((o->serial == NULL) == (o->pledge == NULL))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "give --serial or --pledge-certificate");
	if (o->serial != NULL)
		return o->serial[0] != '\0' &&
			text_printable(span_str(o->serial)) &&
			text_copy(out, SERIAL_MAX + 1, span_str(o->serial))
		    ? REASON_OK
		    : why_set(why, REASON_SERIAL_SYNTAX, -1, "--serial");
	if ((r = certificates_load(&pledge, o->pledge, why)) == REASON_OK)
		r = subject_serial(&pledge.list[0], out, why);
	certificates_free(&pledge);
	return r;
}

static enum reason
run(const struct agent_options *o, const struct identity *agent,
    struct buf *out, struct why *why)
{
	char serial[SERIAL_MAX + 1];
	int64_t created_on;
	enum reason r;

	if ((r = serial_find(o, serial, why)) != REASON_OK ||
	    (r = time_option(o->created_on, &created_on, why)) != REASON_OK ||
	    (r = agent_data_make(agent, serial, created_on, out, why)) !=
		REASON_OK)
		return r;
	return file_write(o->out, buf_span(out), 0644, why);
}

enum exit_code
registrar_agent_data(int argc, char **argv)
{
	struct agent_options o = { 0 };
	const struct option_row rows[] = {
		{ "key", &o.key, NULL, true },
		{ "passphrase-file", &o.passphrase, NULL, false },
		{ "certificate", &o.certificate, NULL, true },
		{ "serial", &o.serial, NULL, false },
		{ "pledge-certificate", &o.pledge, NULL, false },
		{ "created-on", &o.created_on, NULL, false },
		{ "out", &o.out, NULL, true },
		{ 0 },
	};
	struct identity agent = { 0 };
	struct why why;
	struct buf out;
	enum reason r;

	if (options_read(argc, argv, rows, NULL, 0) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	buf_init(&out, FILE_MAX);
	if ((r = identity_load(&agent, o.key, o.certificate, NULL, o.passphrase,
		 &why)) == REASON_OK)
		r = run(&o, &agent, &out, &why);
	buf_free(&out);
	identity_free(&agent);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}
