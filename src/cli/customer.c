/* hallmark customer add, set, cloud, file, forget, end, list, show. */
#include "cli/cli.h"

/* The fields of model/customer.h under their names. */
#define FIELDS "pin", "pin-cms", "pin-jws", "pin-cose"

int
customer_add_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"customer.add", NEED_SIGNER, { "name" }, { FIELDS } });
}

int
customer_set_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "customer.set", NEED_SIGNER, { "name" },
		{ FIELDS }, .some = true });
}

int
customer_cloud_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "customer.cloud", NEED_SIGNER, { "name" },
		{ "policy", "est-domain", "additional-configuration-url" },
		.some = true });
}

int
customer_file_run(struct cli *c, int argc, char **argv)
{
	static const char *const kinds[] = { "domain-ca", "registrar",
		"est-server" };
	const char *paths[3] = { NULL };
	const struct option_row rows[] = { { kinds[0], &paths[0], NULL, false },
		{ kinds[1], &paths[1], NULL, false },
		{ kinds[2], &paths[2], NULL, false }, { 0 } };
	unsigned i, kind = 0, given = 0;
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	for (i = 0; i < 3; i++)
		if (paths[i] != NULL) {
			kind = i;
			given++;
		}
	if (given != 1)
		return usage_error(
		    c, "one of --domain-ca, --registrar and --est-server");
	request_begin(&m, "customer.file");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "kind", kinds[kind]);
	return session_run_file(c, NEED_SIGNER, &m, paths[kind]);
}

int
customer_forget_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"customer.forget", NEED_SIGNER, { "name", "key" } });
}

int
customer_end_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"customer.end", NEED_SIGNER, { "name" }, { "note" } });
}

int
customer_list_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"customer.list", NEED_STORE, .fields = { PAGE_FIELDS } });
}

/* What is on file for it is a list. */
int
customer_show_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"customer.show", NEED_STORE, { "name" }, { PAGE_FIELDS } });
}
