/* hallmark status; hallmark clock confirm, recheck confirm. */
#include "cli/cli.h"

int
status_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "service.status", NEED_STORE });
}

int
clock_confirm_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "clock.confirm", NEED_SIGNER });
}

int
recheck_confirm_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"recheck.confirm", NEED_SIGNER, { "sequence" } });
}
