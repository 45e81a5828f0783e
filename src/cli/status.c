/* hallmark status; hallmark clock confirm, recheck confirm. */
#include "cli/cli.h"

/* Whether a service runs is what we know: it stands in front. */
static void
print_status(const struct cli *c, bool service, struct span json)
{
	struct buf out;

	buf_init(&out, FRAME_MAX + 32);
	if (buf_printf(&out, "{\"service\":%s,", service ? "true" : "false") &&
	    buf_add(&out, span_of(json.ptr + 1, json.len - 1)))
		output_json(c, buf_span(&out));
	buf_free(&out);
}

int
status_run(struct cli *c, int argc, char **argv)
{
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct message_admin m;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	why_clear(&why);
	request_begin(&m, "service.status");
	if ((r = session_open(c, NEED_STORE, &s, &why)) != REASON_OK ||
	    (r = session_ask(s, &m, &reply, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else if (reply.json.len < 2)
		code = refuse(
		    c, why_set(&why, REASON_INTERNAL, -1, "status"), &why);
	else
		print_status(c, !session_alone(s), reply.json);
	session_close(s);
	return code;
}

int
clock_confirm_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "clock.confirm", NEED_SIGNER });
}

int
recheck_confirm_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"recheck.confirm", NEED_SIGNER, { "sequence" } });
}
