/* hallmark customer add, set, file, forget, list, show. */
#include "base/file.h"
#include "cli/cli.h"

/* The fields of model/customer.h under their names. */
static const char *const fields[] = { "pin", "pin-cms", "pin-jws", "pin-cose",
	NULL };

int
customer_add_run(struct cli *c, int argc, char **argv)
{
	return session_change(c, argc, argv, "customer.add", fields);
}

int
customer_set_run(struct cli *c, int argc, char **argv)
{
	return session_change(c, argc, argv, "customer.set", fields);
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
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 2, 2))
		return EXIT_USAGE;
	request_begin(&m, "customer.forget");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "key", c->operands[1]);
	return session_run(c, NEED_SIGNER, &m);
}

int
customer_list_run(struct cli *c, int argc, char **argv)
{
	const char *after = NULL;
	const struct option_row rows[] = { { "after", &after, NULL, false },
		{ 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "customer.list");
	request_text(&m, "after", after);
	return session_run(c, NEED_STORE, &m);
}

int
customer_show_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "customer.show");
	request_text(&m, "name", c->operands[0]);
	return session_run(c, NEED_STORE, &m);
}
