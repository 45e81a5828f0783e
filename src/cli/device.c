/* hallmark device import, list, show, hold, release, retire, assign, unassign. */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/cli.h"
#include "journal/ledger.h"

/* One certificate after another; a refused one does not stop the others. */
static enum reason
import_one(struct cli *c, struct session *s, const char *product,
    struct span ca, const char *path, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	struct buf file;
	enum reason r;

	if ((r = file_read(path, &file, FILE_MAX, why)) != REASON_OK)
		return r;
	request_begin(&m, "device.import");
	request_text(&m, "product", product);
	request_bytes(&m, "certificate", buf_span(&file));
	request_bytes(&m, "ca", ca);
	r = session_ask(s, &m, &reply, why);
	if (r == REASON_OK)
		output_json(c, reply.json);
	buf_free(&file);
	return r;
}

int
device_import_run(struct cli *c, int argc, char **argv)
{
	const char *product = NULL, *ca_path = NULL;
	const struct option_row rows[] = { { "product", &product, NULL, true },
		{ "ca", &ca_path, NULL, true }, { 0 } };
	struct session *s = NULL;
	struct buf ca = { 0 };
	struct why why;
	enum reason r;
	unsigned i;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, rows, 1, UINT_MAX))
		return EXIT_USAGE;
	why_clear(&why);
	if ((r = file_read(ca_path, &ca, FILE_MAX, &why)) != REASON_OK ||
	    (r = session_open(c, NEED_SIGNER, &s, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	for (i = 0; r != REASON_UNAVAILABLE && s != NULL && i < c->operands_len;
	     i++) {
		r = import_one(
		    c, s, product, buf_span(&ca), c->operands[i], &why);
		if (r == REASON_OK)
			continue;
		fprintf(stderr, "%s: ", c->operands[i]);
		code = refuse(c, r, &why);
	}
	session_close(s);
	buf_free(&ca);
	return code;
}

int
device_list_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "device.list", NEED_STORE,
		.fields = { "product", "state", PAGE_FIELDS } });
}

/* The certificate of the one device in a reply, and the name of its CA. */
static enum reason
take_certificate(
    struct span json, struct buf *pem, char ca[CELL_MAX], struct why *why)
{
	struct json_value root, devices, one, next;
	struct json_iter i;

	if (json_parse(json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "devices", &devices))
		return why_set(why, REASON_INTERNAL, -1, "device.show");
	json_iter_open(&i, &devices);
	if (!json_iter_next(&i, NULL, &one) || !output_chain(one.raw, pem))
		return why_set(why, REASON_INTERNAL, -1, "device.show");
	if (json_iter_next(&i, NULL, &next))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "several devices have this serial: which, says --issuer");
	if (!json_text(one.raw, "ca", ca, CELL_MAX))
		ca[0] = '\0';
	return REASON_OK;
}

/* As it came out when it was issued: its certificate, and the chain of its CA,
 * which one that was imported does not have here. */
static enum reason
show_pem(struct session *s, struct span json, struct buf *pem, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin chain;
	char ca[CELL_MAX];
	enum reason r = take_certificate(json, pem, ca, why);

	if (r != REASON_OK || ca[0] == '\0')
		return r;
	request_begin(&chain, "ca.show");
	request_text(&chain, "name", ca);
	if ((r = session_ask(s, &chain, &reply, why)) == REASON_OK)
		(void)output_chain(reply.json, pem);
	return r;
}

int
device_show_run(struct cli *c, int argc, char **argv)
{
	const char *issuer = NULL;
	bool pem = false;
	const struct option_row rows[] = { { "issuer", &issuer, NULL, false },
		{ "pem", NULL, &pem, false }, { 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "device.show");
	request_text(&m, "serial", c->operands[0]);
	request_text(&m, "issuer", issuer);
	return pem ? session_run_pem(c, &m, show_pem)
		   : session_run(c, NEED_STORE, &m);
}

/* --- what one operator does, and what two --- */

struct ruling_verb {
	const char *verb;
	bool refuses; /* so it takes a reason */
	bool by_two;  /* always, and for ever: with --yes */
};

struct ruling_words {
	const char *issuer, *reason, *note, *out;
	bool yes;
};

/* Signatures come with what they are about, and nothing else is to be made then. */
static bool
words_fit(struct cli *c, const struct ruling_verb *v, struct ruling_words *w)
{
	bool by_two = c->operands_len == 3;

	if (c->operands_len == 2)
		(void)usage_error(c, "it takes two signatures");
	else if (by_two && w->out != NULL)
		(void)usage_error(c, "--out is for what is to be signed");
	else if (by_two && v->by_two && !w->yes)
		(void)usage_error(c,
		    "%s gets no voucher any more, and nothing takes that "
		    "back; say --yes",
		    c->operands[0]);
	else if (!by_two && w->yes)
		(void)usage_error(c, "without signatures nothing is done");
	else {
		if (v->by_two && !by_two && w->out == NULL)
			w->out = "-";
		return true;
	}
	return false;
}

/* A hold by one: until when, and what keeps it. */
static void
say_lapse(const struct cli *c, struct span json)
{
	struct json_value root, ruling;
	char until[CELL_MAX];

	if (json_parse(json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "ruling", &ruling) ||
	    !json_text(ruling.raw, "lapses", until, sizeof(until)))
		return;
	fprintf(stderr,
	    "The hold ends by itself at %s, unless two operators confirm it:\n"
	    "  hallmark device %s %s --reason WORD --out FILE\n"
	    "writes what they sign.\n",
	    until, c->verb, c->operands[0]);
}

static int
rule(struct cli *c, const struct ruling_verb *v, const struct ruling_words *w)
{
	struct signatures all = { 0 };
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct message_admin m;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	why_clear(&why);
	request_begin(&m, v->verb);
	request_text(&m, "serial", c->operands[0]);
	request_text(&m, "issuer", w->issuer);
	request_text(&m, "reason", w->reason);
	request_text(&m, "note", w->note);
	request_text(&m, "statement", w->out == NULL ? NULL : "yes");
	if ((r = signatures_read(c, &m, &all, &why)) == REASON_OK &&
	    (r = session_open(c, NEED_SIGNER, &s, &why)) == REASON_OK)
		r = session_ask(s, &m, &reply, &why);
	if (r == REASON_OK && w->out != NULL)
		r = file_write(w->out, reply.blob, 0644, &why);
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	else if (w->out != NULL)
		signatures_wanted(c, ACT_NAMESPACE,
		    v->by_two	     ? " --reason WORD --yes"
			: v->refuses ? " --reason WORD"
				     : "");
	else {
		output_json(c, reply.json);
		say_lapse(c, reply.json);
	}
	session_close(s);
	signatures_free(&all);
	return code;
}

static int
ruling_run(struct cli *c, int argc, char **argv, const struct ruling_verb *v)
{
	struct ruling_words w = { 0 };
	struct option_row rows[6] = { { "issuer", &w.issuer, NULL, false },
		{ "note", &w.note, NULL, false },
		{ "out", &w.out, NULL, false } };
	unsigned n = 3;

	if (v->refuses)
		rows[n++] =
		    (struct option_row){ "reason", &w.reason, NULL, true };
	if (v->by_two)
		rows[n++] = (struct option_row){ "yes", NULL, &w.yes, false };
	if (!options_read(c, argc, argv, rows, 1, 3) || !words_fit(c, v, &w))
		return EXIT_USAGE;
	return rule(c, v, &w);
}

int
device_hold_run(struct cli *c, int argc, char **argv)
{
	return ruling_run(c, argc, argv,
	    &(struct ruling_verb){ "device.hold", .refuses = true });
}

int
device_release_run(struct cli *c, int argc, char **argv)
{
	return ruling_run(
	    c, argc, argv, &(struct ruling_verb){ "device.release" });
}

int
device_retire_run(struct cli *c, int argc, char **argv)
{
	return ruling_run(c, argc, argv,
	    &(struct ruling_verb){
		"device.retire", .refuses = true, .by_two = true });
}

int
device_assign_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "device.assign", NEED_SIGNER, { "serial" },
		{ "issuer" }, "customer" });
}

int
device_unassign_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"device.unassign", NEED_SIGNER, { "serial" }, { "issuer" } });
}
