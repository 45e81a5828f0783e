/* hallmark device import, list, show, hold, release, retire, assign, unassign. */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/cli.h"

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
show_pem(struct session *s, const struct message_admin *m, struct buf *pem,
    struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin chain;
	char ca[CELL_MAX];
	enum reason r;

	if ((r = session_ask(s, m, &reply, why)) != REASON_OK ||
	    (r = take_certificate(reply.json, pem, ca, why)) != REASON_OK ||
	    ca[0] == '\0')
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
	bool pem_only = false;
	const struct option_row rows[] = { { "issuer", &issuer, NULL, false },
		{ "pem", NULL, &pem_only, false }, { 0 } };
	struct session *s = NULL;
	struct message_admin m;
	struct buf pem;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "device.show");
	request_text(&m, "serial", c->operands[0]);
	request_text(&m, "issuer", issuer);
	if (!pem_only)
		return session_run(c, NEED_STORE, &m);
	why_clear(&why);
	buf_init(&pem, FRAME_MAX);
	if ((r = session_open(c, NEED_STORE, &s, &why)) != REASON_OK ||
	    (r = show_pem(s, &m, &pem, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else
		fwrite(pem.ptr, 1, pem.len, stdout);
	buf_free(&pem);
	session_close(s);
	return code;
}

int
device_hold_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "device.hold", NEED_SIGNER, { "serial" },
		{ "issuer" }, "reason" });
}

int
device_release_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"device.release", NEED_SIGNER, { "serial" }, { "issuer" } });
}

/* For ever: so without --yes it only shows what is meant. */
int
device_retire_run(struct cli *c, int argc, char **argv)
{
	const char *issuer = NULL, *reason = NULL;
	bool yes = false;
	const struct option_row rows[] = { { "issuer", &issuer, NULL, false },
		{ "reason", &reason, NULL, true }, { "yes", NULL, &yes, false },
		{ 0 } };
	struct message_admin m;
	int code;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, yes ? "device.retire" : "device.show");
	request_text(&m, "serial", c->operands[0]);
	request_text(&m, "issuer", issuer);
	if (yes)
		request_text(&m, "reason", reason);
	code = session_run(c, yes ? NEED_SIGNER : NEED_STORE, &m);
	if (!yes && code == EXIT_DONE)
		fprintf(stderr,
		    "hallmark device retire: nothing was changed. Retired, "
		    "this device gets no voucher\nany more, and nothing takes "
		    "that back. --yes carries it out.\n");
	return code;
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
