/* hallmark customer add, set, cloud, file, forget, list, show. */
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
customer_cloud_run(struct cli *c, int argc, char **argv)
{
	static const char *const cloud[] = { "policy", "est-domain",
		"additional-configuration-url", NULL };

	return session_change(c, argc, argv, "customer.cloud", cloud);
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
	struct buf file;
	struct why why;
	enum reason r;
	int code;

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
	r = file_read(paths[kind], &file, FILE_MAX, &why);
	if (r != REASON_OK)
		return refuse(c, r, &why);
	request_begin(&m, "customer.file");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "kind", kinds[kind]);
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
