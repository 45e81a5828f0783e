/* hallmark customer add, set, file, forget, list, show. */
#include "base/file.h"
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
	    &(struct plain_verb){
		"customer.set", NEED_SIGNER, { "name" }, { FIELDS } });
}

int
customer_file_run(struct cli *c, int argc, char **argv)
{
	const char *domain_ca = NULL, *registrar = NULL;
	const struct option_row rows[] = { { "domain-ca", &domain_ca, NULL,
					       false },
		{ "registrar", &registrar, NULL, false }, { 0 } };
	struct message_admin m;
	struct buf file;
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	if ((domain_ca == NULL) == (registrar == NULL))
		return usage_error(c, "either --domain-ca or --registrar");
	r = file_read(
	    domain_ca != NULL ? domain_ca : registrar, &file, FILE_MAX, &why);
	if (r != REASON_OK)
		return refuse(c, r, &why);
	request_begin(&m, "customer.file");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "kind", domain_ca != NULL ? "domain-ca" : "registrar");
	request_bytes(&m, "certificate", buf_span(&file));
	code = session_run(c, NEED_SIGNER, &m);
	buf_free(&file);
	return code;
}

int
customer_forget_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"customer.forget", NEED_SIGNER, { "name", "key" } });
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
