/* hallmark product add, set, list, show, resume. */
#include "cli/cli.h"

/* The fields of model/product.h under their configuration names. */
#define FIELDS                                                                 \
	"token", "masa-url", "counter-width", "check-character", "pin",        \
	    "pin-kind", "formats", "audit-only", "verified",                   \
	    "manufacturer-proprietary", "emit-id-data", "legacy-unattributed", \
	    "legacy-layout-2019", "voucher-limit", "scheme", "import-only",    \
	    "key-usage", "subject-key-id", "organization", "unit", "model",    \
	    "hw-type", "issuance-policy", "x5bag"

int
product_add_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"product.add", NEED_SIGNER, { "name" }, { FIELDS } });
}

int
product_set_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "product.set", NEED_SIGNER, { "name" },
		{ FIELDS }, .some = true });
}

int
product_list_run(struct cli *c, int argc, char **argv)
{
	static const char *const columns[] = { "name", "token", "scheme",
		"masa-url", "formats", "pin", "import-only", NULL };

	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "product.list", NEED_STORE,
		.fields = { PAGE_FIELDS }, .columns = columns });
}

int
product_show_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "product.show", NEED_STORE, { "name" } });
}

int
product_resume_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "product.resume", NEED_SIGNER, { "name" },
		{ "note" }, .required = "reason" });
}
