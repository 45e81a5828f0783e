/* registrar request: ask a MASA for a voucher (RFC 8995 5.5, 5.6). */
#include "registrar/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/fatal.h"
#include "base/file.h"
#include "registrar/audit_log.h"
#include "registrar/show.h"

struct request_options {
	const char *out, *rvr_out;
	bool audit;
};

/* Is type, in lower case and without parameters, one of what Accept lists (RFC 9110
 * 12.5.1)? */
static bool
is_accepted(const char *type, const char *accept)
{
	size_t len = strlen(type), own = strcspn(type, "/") + 1, named;

	for (; len > 0 && *accept != '\0'; accept += *accept == ',') {
		accept += strspn(accept, " \t");
		named = strcspn(accept, " \t;,");
		if ((named == len && strncasecmp(accept, type, len) == 0) ||
		    (named == 3 && strncmp(accept, "*/*", 3) == 0) ||
		    (named == own + 1 && accept[own] == '*' &&
			strncasecmp(accept, type, own) == 0))
			return true;
		accept += strcspn(accept, ",");
	}
	return false;
}

/* A registrar need not understand a voucher to forward it (RFC 8995 5.6.2), so
 * only its type is checked before it is written. */
static enum reason
voucher_take(const struct request_options *o, const struct response *answer,
    const char *accept, struct why *why)
{
	if (!is_accepted(answer->media_type, accept))
		return why_set(why, REASON_ANSWER_TYPE, -1, "it is %s",
		    answer->media_type[0] == '\0' ? "not named"
						  : answer->media_type);
	if (o->out != NULL)
		return file_write(o->out, buf_span(&answer->body), 0644, why);
	return REASON_OK;
}

/* What came, for those who look; a voucher in another format is not shown. */
static void
voucher_tell(struct span voucher, bool json)
{
	struct judgement *j = memory_new(sizeof(*j));
	uint8_t *arena = memory_new(JUDGE_ARENA(voucher.len));
	struct judge_facts facts = { .voucher = voucher };

	if (voucher_examine(&facts, arena, j, NULL) == REASON_OK)
		voucher_print(j, json);
	free(arena);
	free(j);
}

/* How many of what is written goes to stdout, where it stays alone. */
static unsigned
outputs(const struct request_options *o)
{
	return (unsigned)(o->out != NULL && strcmp(o->out, "-") == 0) +
	    (o->rvr_out != NULL && strcmp(o->rvr_out, "-") == 0);
}

static enum reason
request_voucher(struct ask *a, const struct request_options *o, struct why *why)
{
	const char *accept = a->options.accept != NULL
	    ? a->options.accept
	    : format_media_type(a->format);
	struct response answer;
	enum reason r;

	/* A second voucher for the same would be a second entry in the device's log. */
	if (o->out != NULL && (r = file_writable(o->out, why)) != REASON_OK)
		return r;
	r = ask_send(a, "requestvoucher", accept, &answer, why);
	if (r != REASON_OK)
		return r;
	r = voucher_take(o, &answer, accept, why);
	if (r == REASON_OK && outputs(o) == 0)
		voucher_tell(buf_span(&answer.body), a->options.json);
	buf_free(&answer.body);
	return r;
}

static enum reason
run(struct ask *a, const struct request_options *o, struct why *why)
{
	enum reason r;

	if (a->options.url == NULL && o->rvr_out == NULL)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "give --url to ask, or --rvr-out to keep the request");
	if (outputs(o) + o->audit > 1)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "of --out -, --rvr-out - and --audit one at most");
	if ((r = ask_open(a, why)) != REASON_OK)
		return r;
	/* Kept first: the audit log is asked for with the very same bytes. */
	if (o->rvr_out != NULL &&
	    (r = file_write(o->rvr_out, buf_span(&a->rvr), 0644, why)) !=
		REASON_OK)
		return r;
	if (a->options.url == NULL)
		return REASON_OK;
	if ((r = request_voucher(a, o, why)) != REASON_OK || !o->audit)
		return r;
	return audit_log_fetch(a, why);
}

enum exit_code
registrar_request(int argc, char **argv)
{
	struct ask *a = memory_new(sizeof(*a));
	struct request_options o = { 0 };
	struct option_row rows[OPTIONS_MAX] = { 0 };
	unsigned n = ask_rows(rows, &a->options, false);
	enum exit_code code = EXIT_USAGE;
	struct why why;
	enum reason r;

	rows[n++] = (struct option_row){ "out", &o.out, NULL, false };
	rows[n++] = (struct option_row){ "rvr-out", &o.rvr_out, NULL, false };
	rows[n] = (struct option_row){ "audit", NULL, &o.audit, false };
	if (options_read(argc, argv, rows, NULL, 0) == EXIT_DONE) {
		why_clear(&why);
		r = run(a, &o, &why);
		code = r == REASON_OK ? EXIT_DONE : refuse(r, &why);
		ask_free(a);
	}
	free(a);
	return code;
}
