/* hallmark client block, release, list. */
#include "cli/cli.h"

int
client_block_run(struct cli *c, int argc, char **argv)
{
	const char *reason = NULL, *period = NULL;
	const struct option_row rows[] = { { "reason", &reason, NULL, true },
		{ "for", &period, NULL, false }, { 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "client.block");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "reason", reason);
	request_text(&m, "for", period);
	return session_run(c, NEED_SIGNER, &m);
}

int
client_release_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "client.release");
	request_text(&m, "name", c->operands[0]);
	return session_run(c, NEED_SIGNER, &m);
}

int
client_list_run(struct cli *c, int argc, char **argv)
{
	const char *after = NULL, *limit = PAGE;
	const struct option_row rows[] = { { "after", &after, NULL, false },
		{ "limit", &limit, NULL, false }, { 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "client.list");
	request_text(&m, "after", after);
	request_text(&m, "limit", limit);
	return session_run(c, NEED_STORE, &m);
}
