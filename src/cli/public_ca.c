/* hallmark public-ca add, drop, list. */
#include <limits.h>
#include <stdio.h>

#include "cli/cli.h"

#define BUNDLE_MAX (4u << 20) /* of a file with many certificates */

static enum reason
add_one(void *context, struct span certificate, struct why *why)
{
	struct session *s = context;
	struct message_admin_reply reply;
	struct message_admin m;

	request_begin(&m, "public-ca.add");
	request_bytes(&m, "certificate", certificate);
	return session_ask(s, &m, &reply, why);
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
		if ((r = certificates_each(c->operands[i], BUNDLE_MAX, add_one,
			 s, &why)) != REASON_OK) {
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
