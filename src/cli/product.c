/* hallmark product add, set, list, show. */
#include "cli/cli.h"

/* The fields of model/product.h under their configuration names. */
static const char *const fields[] = { "token", "masa-url", "counter-width",
	"check-character", "pin", "pin-kind", "formats", "audit-only",
	"verified", "manufacturer-proprietary", "emit-id-data",
	"legacy-unattributed", "legacy-layout-2019", "voucher-limit",
	"scheme",
	"import-only", "key-usage", NULL };

int
product_add_run(struct cli *c, int argc, char **argv)
{
	return session_change(c, argc, argv, "product.add", fields);
}

int
product_set_run(struct cli *c, int argc, char **argv)
{
	return session_change(c, argc, argv, "product.set", fields);
}

int
product_list_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "product.list");
	return session_run(c, NEED_STORE, &m);
}

int
product_show_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "product.show");
	request_text(&m, "name", c->operands[0]);
	return session_run(c, NEED_STORE, &m);
}
