/* hallmark device import, list, show, hold, release. */
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

int
device_show_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"device.show", NEED_STORE, { "serial" }, { "issuer" } });
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
