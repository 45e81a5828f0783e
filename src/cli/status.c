/* hallmark status; hallmark clock confirm, recheck confirm. */
#include "cli/cli.h"

int
status_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "service.status");
	return session_run(c, NEED_STORE, &m);
}

int
clock_confirm_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "clock.confirm");
	return session_run(c, NEED_SIGNER, &m);
}

int
recheck_confirm_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "recheck.confirm");
	request_text(&m, "sequence", c->operands[0]);
	return session_run(c, NEED_SIGNER, &m);
}
