/* hallmark client block, release, list. */
#include "cli/cli.h"

int
client_block_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"client.block", NEED_SIGNER, { "name" }, { "for" }, "reason" });
}

int
client_release_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "client.release", NEED_SIGNER, { "name" } });
}

int
client_list_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"client.list", NEED_STORE, .fields = { PAGE_FIELDS } });
}
