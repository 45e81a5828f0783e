/* hallmark public-ca add, drop, list. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "cli/cli.h"

#define BUNDLE_MAX (4u << 20) /* of a file with many certificates */

static enum reason
add_one(struct session *s, struct span certificate, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;

	request_begin(&m, "public-ca.add");
	request_bytes(&m, "certificate", certificate);
	return session_ask(s, &m, &reply, why);
}

/* One certificate, or a bundle of PEM blocks. */
static enum reason
add_file(struct session *s, const char *path, struct why *why)
{
	uint8_t *room = NULL;
	struct span text, der;
	struct buf file;
	unsigned n = 0;
	enum reason r = file_read(path, &file, BUNDLE_MAX, why);

	if (r != REASON_OK)
		return r;
	room = memory_new(FILE_MAX);
	text = buf_span(&file);
	while (r == REASON_OK && pem_next(&text, room, FILE_MAX, &der)) {
		r = add_one(s, der, why);
		n++;
	}
	if (n == 0 && file.len <= FILE_MAX)
		r = add_one(s, buf_span(&file), why);
	else if (n == 0)
		r = why_set(why, REASON_CERTIFICATE_MALFORMED, 0,
		    "neither DER nor PEM");
	free(room);
	buf_free(&file);
	return r;
}

int
public_ca_add_run(struct cli *c, int argc, char **argv)
{
	struct session *s = NULL;
	struct why why;
	enum reason r;
	unsigned i;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, NULL, 1, UINT_MAX))
		return EXIT_USAGE;
	why_clear(&why);
	if ((r = session_open(c, NEED_SIGNER, &s, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	for (i = 0; r == REASON_OK && i < c->operands_len; i++)
		if ((r = add_file(s, c->operands[i], &why)) != REASON_OK) {
			fprintf(stderr, "%s: ", c->operands[i]);
			code = refuse(c, r, &why);
		}
	session_close(s);
	return code;
}

int
public_ca_drop_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "public-ca.drop", NEED_SIGNER, { "key" } });
}

int
public_ca_list_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"public-ca.list", NEED_STORE, .fields = { PAGE_FIELDS } });
}
