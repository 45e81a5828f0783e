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
	const char *product = NULL, *state = NULL, *after = NULL;
	const char *limit = PAGE;
	const struct option_row rows[] = { { "product", &product, NULL, false },
		{ "state", &state, NULL, false },
		{ "after", &after, NULL, false },
		{ "limit", &limit, NULL, false }, { 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "device.list");
	request_text(&m, "after", after);
	request_text(&m, "limit", limit);
	request_text(&m, "product", product);
	request_text(&m, "state", state);
	return session_run(c, NEED_STORE, &m);
}

/* A verb about one serial, with one more option unless that is NULL. */
static int
about_one(struct cli *c, int argc, char **argv, const char *verb,
    const char *option, enum session_need need)
{
	const char *issuer = NULL, *value = NULL;
	const struct option_row rows[] = { { "issuer", &issuer, NULL, false },
		{ option, &value, NULL, true }, { 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, verb);
	request_text(&m, "serial", c->operands[0]);
	request_text(&m, "issuer", issuer);
	if (option != NULL)
		request_text(&m, option, value);
	return session_run(c, need, &m);
}

int
device_show_run(struct cli *c, int argc, char **argv)
{
	return about_one(c, argc, argv, "device.show", NULL, NEED_STORE);
}

int
device_hold_run(struct cli *c, int argc, char **argv)
{
	return about_one(c, argc, argv, "device.hold", "reason", NEED_SIGNER);
}

int
device_release_run(struct cli *c, int argc, char **argv)
{
	return about_one(c, argc, argv, "device.release", NULL, NEED_SIGNER);
}

int
device_assign_run(struct cli *c, int argc, char **argv)
{
	return about_one(
	    c, argc, argv, "device.assign", "customer", NEED_SIGNER);
}

int
device_unassign_run(struct cli *c, int argc, char **argv)
{
	return about_one(c, argc, argv, "device.unassign", NULL, NEED_SIGNER);
}
